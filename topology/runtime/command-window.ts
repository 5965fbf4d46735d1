import type { OrderCommand } from '../../schemas/types.ts';
import { ENDED_TTL_MS } from './state-keys.ts';

/** A channel's clock may be ahead of ours by so much, ms. */
export const LONGEST_AHEAD_MS = 86_400_000;
/** Commands older than this start no order, ms: within it, whatever a command started is still remembered, also if its clock was ahead. */
export const COMMAND_WINDOW_MS = ENDED_TTL_MS - LONGEST_AHEAD_MS;

/** The order the command started, if it did, may have ended and be forgotten: starting it would be doing it twice. */
export const isTooOld = ({ issuedAt }: OrderCommand, now: number): boolean => issuedAt < now - COMMAND_WINDOW_MS;

/** Such a command could still be young when its order is forgotten. */
export const isFromTheFuture = ({ issuedAt }: OrderCommand, now: number): boolean => issuedAt > now + LONGEST_AHEAD_MS;
