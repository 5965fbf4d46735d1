import { alsoAt, type Endpoint } from '../endpoint.ts';
import { inventoryStatus, searchAvailability } from './inventory.ts';
import { home, live, metrics, problemPage, ready, topology } from './operations.ts';
import { streamEvents } from './order-events.ts';
import { readStatus } from './order-status.ts';
import { cancelOrder, listOrders, readOrder } from './orders.ts';
import { endChallenge, listMethods, readPayment } from './payments.ts';
import { placeOrder } from './place-order.ts';

/** THE list of routes: what is served and what is documented. */
export const ENDPOINTS: readonly Endpoint[] = [
  placeOrder,
  listOrders,
  readOrder,
  cancelOrder,
  readStatus,
  streamEvents,
  readPayment,
  endChallenge,
  listMethods,
  searchAvailability,
  inventoryStatus,
  topology,
  alsoAt('/topology', 'readTopologyWithoutBase', topology),
  live,
  alsoAt('/api/v1/health/live', 'readLivenessUnderBase', live),
  ready,
  alsoAt('/api/v1/health/ready', 'readReadinessUnderBase', ready),
  metrics,
  problemPage,
  home,
];
