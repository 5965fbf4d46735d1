import type { CataloguePort } from './catalogue.ts';
import type { InventoryPort } from './inventory.ts';
import type { KeyPort } from './keys.ts';
import type { NotificationPort } from './notification.ts';
import type { PaymentPort } from './payment.ts';
import type { ReservationPort } from './reservation.ts';
import type { VelocityPort } from './velocity.ts';

/** Everything outside that a processor may use. connectors/registry.ts names the implementation of each. */
export interface Ports {
  catalogue: CataloguePort;
  inventory: InventoryPort;
  payment: PaymentPort;
  reservation: ReservationPort;
  notification: NotificationPort;
  velocity: VelocityPort;
  keys: KeyPort;
}
export type PortName = keyof Ports;
