-- What analysts ask. Each query takes {from} and {to}: times in UTC, the first included, the second not.
-- With clickhouse-client: --param_from='2026-11-01 00:00:00' --param_to='2026-12-01 00:00:00'. Money in minor units of its currency.

-- name: orders_per_minute
SELECT minute, channel, sum(orders) AS orders
FROM orders_per_minute
WHERE minute >= {from:DateTime64(3, 'UTC')} AND minute < {to:DateTime64(3, 'UTC')}
GROUP BY minute, channel
ORDER BY minute, channel;

-- name: revenue_by_channel
SELECT channel, currency, sum(captures) AS captured_orders, sum(captured_minor) AS captured_minor, sum(refunds) AS refunded_orders,
       sum(refunded_minor) AS refunded_minor, captured_minor - refunded_minor AS net_minor
FROM revenue_per_hour
WHERE hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
GROUP BY channel, currency
ORDER BY channel, currency;

-- name: conversion_funnel
SELECT channel,
       sumIf(events, type = 'OrderReceived') AS received,
       sumIf(events, type = 'OrderValidated') AS validated,
       sumIf(events, type = 'InventoryHeld') AS held,
       sumIf(events, type = 'PaymentApproved') AS authorised,
       sumIf(events, type = 'TicketIssued') AS ticketed,
       sumIf(events, type = 'OrderFulfilled') AS fulfilled,
       round(if(received = 0, 0, fulfilled / received), 4) AS conversion
FROM funnel_per_hour
WHERE hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY channel;

-- name: latency_by_channel
WITH quantilesTDigestMerge(0.5, 0.95, 0.99)(latency) AS quantiles
SELECT channel, sum(fulfilled) AS orders, round(quantiles[1]) AS p50_ms, round(quantiles[2]) AS p95_ms, round(quantiles[3]) AS p99_ms
FROM latency_per_hour_states
WHERE hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY channel;

-- name: top_routes
SELECT origin, destination, currency, count() AS orders, sum(passengers) AS passengers, sum(ifNull(total_minor, 0)) AS sold_minor
FROM orders
WHERE status = 'Fulfilled' AND origin != '' AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
GROUP BY origin, destination, currency
ORDER BY orders DESC, origin, destination, currency
LIMIT 20;

-- name: decline_codes
SELECT payment_processor AS processor, payment_method AS method, decline_code, count() AS declines,
       round(declines / sum(declines) OVER (PARTITION BY processor, method), 4) AS share
FROM orders
WHERE decline_code != '' AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
GROUP BY processor, method, decline_code
ORDER BY declines DESC, processor, method, decline_code;

-- name: cancellations_by_reason
SELECT closure_reason AS reason, countIf(status = 'Cancelled') AS cancelled, countIf(status IN ('Refunding', 'Refunded')) AS refunded,
       count() AS orders
FROM orders
WHERE status IN ('Cancelled', 'Refunding', 'Refunded')
  AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
GROUP BY reason
ORDER BY orders DESC, reason;

-- name: fraud_bands
SELECT fraud_band AS band, count() AS orders, round(avg(fraud_score), 4) AS average_score, countIf(status = 'Fulfilled') AS fulfilled,
       countIf(closure_reason = 'fraud_declined') AS declined
FROM orders
WHERE fraud_band != '' AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
GROUP BY band
ORDER BY average_score;

-- name: lead_time_by_channel
SELECT channel, count() AS orders, round(avg(dateDiff('day', toDate32(placed_at), assumeNotNull(departure_date))), 2) AS average_days,
       min(dateDiff('day', toDate32(placed_at), assumeNotNull(departure_date))) AS shortest_days,
       max(dateDiff('day', toDate32(placed_at), assumeNotNull(departure_date))) AS longest_days
FROM orders
WHERE status = 'Fulfilled' AND departure_date IS NOT NULL
  AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY channel;

-- name: refunds
SELECT reason, currency, count() AS requested, countIf(endings > 0) AS ended, countIf(given_back = 'refunded') AS refunded_orders,
       sumIf(amount_minor, given_back = 'refunded') AS refunded_minor, countIf(given_back = 'voided') AS voided_orders,
       round(avgIf(took_ms, endings > 0) / 1000, 3) AS average_seconds
FROM
(
    SELECT any(currency) AS currency, argMax(closure_reason, version) AS reason, argMax(ifNull(total_minor, 0), version) AS amount_minor,
           countIf(type = 'OrderRefunded') AS endings, anyIf(payment_status, type = 'OrderRefunded') AS given_back,
           maxIf(toUnixTimestamp64Milli(occurred_at), type = 'OrderRefunded')
             - minIf(toUnixTimestamp64Milli(occurred_at), type = 'RefundRequested') AS took_ms
    FROM order_events
    WHERE type IN ('RefundRequested', 'OrderRefunded')
      AND placed_at >= {from:DateTime64(3, 'UTC')} AND placed_at < {to:DateTime64(3, 'UTC')}
    GROUP BY order_id
)
GROUP BY reason, currency
ORDER BY requested DESC, reason, currency;
