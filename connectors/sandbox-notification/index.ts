import type { ExchangeOptions } from '../http/open-exchange.ts';
import { openPort, type Opened } from '../http/open-port.ts';
import type { NotificationPort } from '../ports/notification.ts';
import { sandboxNotification } from './client.ts';

/** The simulated message gateway at `url`; connects on first use. */
export function openSandboxNotification(options: ExchangeOptions): Promise<NotificationPort & Opened> {
  return openPort('sandbox notification', '/health/notification', options, sandboxNotification);
}
