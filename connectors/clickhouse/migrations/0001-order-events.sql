-- One row an event. An insert that is repeated under the same token is dropped by the deduplication window, here and in every table that a
-- view fills (each has the window too), so counts and sums stay exact however often an insert is tried.

CREATE TABLE IF NOT EXISTS order_events
(
    event_id          String,
    order_id          String,
    version           UInt32,
    type              LowCardinality(String),
    status            LowCardinality(String),
    channel           LowCardinality(String),
    customer_id       String,
    currency          LowCardinality(String),
    total_minor       Nullable(Int64) COMMENT 'minor units of the currency; null until priced',
    placed_at         DateTime64(3, 'UTC'),
    occurred_at       DateTime64(3, 'UTC'),
    latency_ms        Int64 COMMENT 'from placing to this event',
    origin            LowCardinality(String) COMMENT 'IATA code, first flight',
    destination       LowCardinality(String) COMMENT 'IATA code, first flight',
    flight_number     LowCardinality(String) COMMENT 'first flight',
    departure_date    Nullable(Date32) COMMENT 'first flight',
    flights           UInt16,
    ancillaries       UInt16,
    passengers        UInt16,
    payment_method    LowCardinality(String),
    payment_status    LowCardinality(String),
    payment_processor LowCardinality(String),
    decline_code      LowCardinality(String),
    fraud_score       Nullable(Float64),
    fraud_band        LowCardinality(String),
    hold_state        LowCardinality(String),
    tickets           UInt16,
    closure_reason    LowCardinality(String),
    topic             LowCardinality(String),
    partition         UInt32,
    record_offset     UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (type, occurred_at, order_id, version)
SETTINGS non_replicated_deduplication_window = 10000;
