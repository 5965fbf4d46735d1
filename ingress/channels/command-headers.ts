import { randomBytes } from 'node:crypto';
import type { OrderCommand } from '../../schemas/types.ts';
import { cloudEvent, type Headers, ORDER_VERSION, TRACEPARENT } from '../../topology/runtime/headers.ts';

const TRACE_CONTEXT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * CloudEvents headers of a command, with the caller's trace or a new one. `version`: the order's, as the caller saw it;
 * 0 where it is new.
 */
export function commandHeaders(
  command: OrderCommand,
  { version, traceparent }: { version: number; traceparent: string | undefined },
): Headers {
  return {
    ...cloudEvent({
      id: command.commandId,
      type: 'OrderCommand',
      source: 'ingress',
      subject: command.orderId,
      time: command.issuedAt,
    }),
    [ORDER_VERSION]: String(version),
    [TRACEPARENT]: traceparent !== undefined && TRACE_CONTEXT.test(traceparent) ? traceparent : newTrace(),
  };
}

const newTrace = (): string => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
