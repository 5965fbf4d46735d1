-- The read model: every event, and what the newest event of each order says of the order.
-- Ids compare by byte. Money in minor units of the order's currency. Snapshots hold personal data sealed only.

CREATE TABLE order_events (
  order_id      text COLLATE "C" NOT NULL,
  version       integer NOT NULL CHECK (version > 0),
  event_id      text COLLATE "C" NOT NULL,
  type          text NOT NULL,
  status        text NOT NULL,
  occurred_at   timestamptz NOT NULL,
  causation_id  text NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  PRIMARY KEY (order_id, version),
  UNIQUE (event_id)
);

CREATE TABLE orders (
  order_id          text COLLATE "C" PRIMARY KEY,
  version           integer NOT NULL,
  status            text NOT NULL,
  channel           text NOT NULL,
  customer_id       text COLLATE "C" NOT NULL,
  currency          text NOT NULL,
  total_minor       bigint,
  placed_at         timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  booking_reference text COLLATE "C",
  closure_reason    text,
  snapshot          jsonb NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX orders_by_time ON orders (placed_at, order_id);
CREATE INDEX orders_by_status ON orders (status, placed_at, order_id);
CREATE INDEX orders_by_channel ON orders (channel, placed_at, order_id);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at, order_id);
CREATE INDEX orders_by_booking_reference ON orders (booking_reference) WHERE booking_reference IS NOT NULL;

-- `version` in the tables below is that of the order when the row last changed.

CREATE TABLE payments (
  order_id         text COLLATE "C" PRIMARY KEY,
  version          integer NOT NULL,
  method           text NOT NULL,
  status           text NOT NULL,
  processor        text,
  authorization_id text,
  capture_id       text,
  reversal_id      text,
  decline_code     text,
  currency         text NOT NULL,
  amount_minor     bigint,
  updated_at       timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE holds (
  order_id   text COLLATE "C" PRIMARY KEY,
  version    integer NOT NULL,
  state      text NOT NULL,
  expires_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE tickets (
  order_id      text COLLATE "C" NOT NULL,
  ticket_number text COLLATE "C" NOT NULL,
  passenger_id  text NOT NULL,
  check_digit   smallint NOT NULL,
  state         text NOT NULL CHECK (state IN ('issued', 'voided')),
  version       integer NOT NULL,
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (order_id, ticket_number)
);
CREATE INDEX tickets_by_number ON tickets (ticket_number);
