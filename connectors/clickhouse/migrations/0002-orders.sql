-- The newest state of each order. The table may hold older states until a merge; `orders` never shows them.

CREATE TABLE IF NOT EXISTS order_states
(
    order_id          String,
    version           UInt32,
    status            LowCardinality(String),
    channel           LowCardinality(String),
    customer_id       String,
    currency          LowCardinality(String),
    total_minor       Nullable(Int64),
    placed_at         DateTime64(3, 'UTC'),
    updated_at        DateTime64(3, 'UTC'),
    origin            LowCardinality(String),
    destination       LowCardinality(String),
    flight_number     LowCardinality(String),
    departure_date    Nullable(Date32),
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
    closure_reason    LowCardinality(String)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY order_id
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS order_states_feed TO order_states AS
SELECT order_id, version, status, channel, customer_id, currency, total_minor, placed_at, occurred_at AS updated_at,
       origin, destination, flight_number, departure_date, flights, ancillaries, passengers,
       payment_method, payment_status, payment_processor, decline_code, fraud_score, fraud_band, hold_state, tickets, closure_reason
FROM order_events;

CREATE VIEW IF NOT EXISTS orders AS SELECT * FROM order_states FINAL;
