import { TransientFault } from './ports/transient-fault.ts';

/**
 * Replies of a Redis that is up but cannot serve now; any other error reply is a fault in the call itself. Before Redis 7
 * what a script met stands behind the script's own error.
 */
const PASSING_REPLY = /^(?:ERR Error running script .*-)?(LOADING|BUSY|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|UNKILLABLE)\b/;

/** What a failed Redis call means to a processor: TransientFault where the same call may succeed later, else the error as it is. */
export function redisFault(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message.includes('STATELOST')) return stateLost(error);
  if (error.name === 'ReplyError' && !PASSING_REPLY.test(error.message)) return error;
  return new TransientFault('Redis did not answer', { cause: error });
}

/** Redis lost its content, or a rebuild replaced it: the rebuild ends the fault. */
export function stateLost(cause: Error = new Error('STATELOST')): TransientFault {
  return new TransientFault('STATELOST', { cause });
}
