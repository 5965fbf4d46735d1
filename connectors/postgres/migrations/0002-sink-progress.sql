-- How far each sink has read. A sink moves its offsets in the transaction that holds what it made of the records
-- (for ClickHouse: the plan of the batch), so the two cannot differ. Kafka's own committed offsets are for lag tools only.

CREATE TABLE sink_offsets (
  sink      text NOT NULL,
  topic     text NOT NULL,
  partition integer NOT NULL,
  next      bigint NOT NULL CHECK (next >= 0),
  PRIMARY KEY (sink, topic, partition)
) WITH (fillfactor = 50);

-- Batches for ClickHouse, planned before they are inserted. One that is still here after a crash is read from Kafka
-- again, in exactly these ranges, and inserted again under the same token.
CREATE TABLE clickhouse_batches (
  batch_id   uuid PRIMARY KEY,
  ranges     jsonb NOT NULL,
  repeats    jsonb NOT NULL DEFAULT '[]',
  state      text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done')),
  planned_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clickhouse_batches_planned ON clickhouse_batches (planned_at) WHERE state = 'planned';
