import type { ExchangeOptions } from '../http/open-exchange.ts';
import { openPort, type Opened } from '../http/open-port.ts';
import type { PaymentPort } from '../ports/payment.ts';
import { sandboxPayment } from './client.ts';

/** The simulated payment processor at `url`; connects on first use. `timeoutMs` is settings.paymentTimeoutMs. */
export function openSandboxPayment(options: ExchangeOptions): Promise<PaymentPort & Opened> {
  return openPort('sandbox payment', '/health/payment', options, sandboxPayment);
}
