-- Orders that stood still for too long, and what was done about each at the version it stood at.

CREATE TABLE stuck_orders (
  order_id  text COLLATE "C" PRIMARY KEY,
  version   integer NOT NULL,
  node      text NOT NULL,
  drives    integer NOT NULL,
  driven_at timestamptz NOT NULL,
  parked_at timestamptz,
  reason    text NOT NULL DEFAULT ''
);

-- An order that ended well and is being undone: few at any time, while fulfilled orders are most of the table.
CREATE INDEX orders_reopened ON orders (updated_at) WHERE status = 'Fulfilled' AND closure_reason IS NOT NULL;
