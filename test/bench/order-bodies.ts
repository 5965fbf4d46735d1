import { demoAirline } from '../../connectors/demo-airline/index.ts';
import { generateOrders } from '../../topology/demo/generator.ts';

/** Orders that end Fulfilled as a rule: declines, cancels and scarce seats would measure something else. */
export function* happyBodies(): Generator<unknown> {
  for (const { body, cancelAfterMs } of generateOrders({ seed: 7, catalogue: demoAirline(), today: new Date(), cancelPercent: 0 })) {
    if (cancelAfterMs === null && /^tok_(visa|mastercard|amex)/.test(body.payment.token)) yield body;
  }
}
