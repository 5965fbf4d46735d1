-- What dashboards ask all the time, kept up to date by each insert. The tables hold partial sums; read the views.

CREATE TABLE IF NOT EXISTS orders_per_minute_sums
(
    minute   DateTime('UTC'),
    channel  LowCardinality(String),
    currency LowCardinality(String),
    orders   UInt64
)
ENGINE = SummingMergeTree(orders)
ORDER BY (minute, channel, currency)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS orders_per_minute_feed TO orders_per_minute_sums AS
SELECT toStartOfMinute(occurred_at) AS minute, channel, currency, count() AS orders
FROM order_events WHERE version = 1
GROUP BY minute, channel, currency;

CREATE VIEW IF NOT EXISTS orders_per_minute AS
SELECT minute, channel, currency, sum(orders) AS orders FROM orders_per_minute_sums GROUP BY minute, channel, currency;

-- Money taken (captured) and given back (refunded), by the hour in which it moved, in minor units of the currency.

CREATE TABLE IF NOT EXISTS revenue_per_hour_sums
(
    hour           DateTime('UTC'),
    channel        LowCardinality(String),
    currency       LowCardinality(String),
    captures       UInt64,
    captured_minor Int64,
    refunds        UInt64,
    refunded_minor Int64
)
ENGINE = SummingMergeTree((captures, captured_minor, refunds, refunded_minor))
ORDER BY (hour, channel, currency)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS revenue_per_hour_feed TO revenue_per_hour_sums AS
SELECT toStartOfHour(occurred_at) AS hour, channel, currency,
       countIf(type = 'OrderConfirmed') AS captures,
       sumIf(ifNull(total_minor, 0), type = 'OrderConfirmed') AS captured_minor,
       countIf(type = 'OrderRefunded') AS refunds,
       sumIf(ifNull(total_minor, 0), type = 'OrderRefunded') AS refunded_minor
FROM order_events WHERE type = 'OrderConfirmed' OR (type = 'OrderRefunded' AND payment_status = 'refunded')
GROUP BY hour, channel, currency;

CREATE VIEW IF NOT EXISTS revenue_per_hour AS
SELECT hour, channel, currency, sum(captures) AS captures, sum(captured_minor) AS captured_minor,
       sum(refunds) AS refunds, sum(refunded_minor) AS refunded_minor
FROM revenue_per_hour_sums GROUP BY hour, channel, currency;

-- Events by type: how far orders come.

CREATE TABLE IF NOT EXISTS funnel_per_hour_sums
(
    hour    DateTime('UTC'),
    channel LowCardinality(String),
    type    LowCardinality(String),
    events  UInt64
)
ENGINE = SummingMergeTree(events)
ORDER BY (hour, channel, type)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS funnel_per_hour_feed TO funnel_per_hour_sums AS
SELECT toStartOfHour(placed_at) AS hour, channel, type, count() AS events FROM order_events GROUP BY hour, channel, type;

CREATE VIEW IF NOT EXISTS funnel_per_hour AS
SELECT hour, channel, type, sum(events) AS events FROM funnel_per_hour_sums GROUP BY hour, channel, type;

-- Time from placing to fulfilment.

CREATE TABLE IF NOT EXISTS latency_per_hour_states
(
    hour      DateTime('UTC'),
    channel   LowCardinality(String),
    fulfilled SimpleAggregateFunction(sum, UInt64),
    latency   AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (hour, channel)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS latency_per_hour_feed TO latency_per_hour_states AS
SELECT toStartOfHour(occurred_at) AS hour, channel, count() AS fulfilled, quantilesTDigestState(0.5, 0.95, 0.99)(latency_ms) AS latency
FROM order_events WHERE type = 'OrderFulfilled'
GROUP BY hour, channel;

CREATE VIEW IF NOT EXISTS latency_per_hour AS
SELECT hour, channel, sum(fulfilled) AS orders, quantilesTDigestMerge(0.5, 0.95, 0.99)(latency) AS quantiles_ms
FROM latency_per_hour_states GROUP BY hour, channel;
