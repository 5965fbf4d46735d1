import { holdsCardNumber } from './card-number.ts';

export const REQUEST_ID_HEADER = 'x-request-id';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** A caller's own request id is kept where it is one; the answer carries it either way. */
export const requestIdFor = (given: string | undefined, newId: () => string): string =>
  given !== undefined && REQUEST_ID.test(given) && !holdsCardNumber(given) ? given : newId();
