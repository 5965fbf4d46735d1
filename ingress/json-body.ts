import express, { type Request, type RequestHandler } from 'express';
import { holdsCardNumber, jsonHoldsCardNumber } from './card-number.ts';
import { Problem } from './problem.ts';

const LIMIT = '256kb';

/** Reads the body as bytes, once its media type is known to be JSON's. 415 and 413 come from here. */
export function jsonBytes(): RequestHandler {
  const read = express.raw({ limit: LIMIT, type: () => true });
  return (request, response, next) => {
    if (!request.is('application/json')) {
      next(new Problem('unsupported_media_type', 'Send the body with Content-Type: application/json.'));
      return;
    }
    read(request, response, next);
  };
}

/**
 * The request's body as a JSON value. Throws where it is none, or holds a card number; neither answer repeats any of
 * it.
 */
export function parseJson(request: Request): unknown {
  const text = decodeUtf8(request.body);
  if (holdsCardNumber(text)) throw cardNumber();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('malformed_json', 'The body is not JSON.');
  }
  if (needsWalk(text) && jsonHoldsCardNumber(value)) throw cardNumber();
  return value;
}

/** Digits in the text are digits in the values, unless written as escapes or in exponent form. */
const needsWalk = (text: string): boolean => text.includes('\\') || /\d[eE]/.test(text);

const cardNumber = (): Problem =>
  new Problem(
    'pan_not_accepted',
    'The body contains what looks like a card number. Send a token of the payment processor; nothing of this request was kept.',
  );

function decodeUtf8(body: unknown): string {
  if (!Buffer.isBuffer(body)) throw new Problem('malformed_json', 'The body is empty.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new Problem('malformed_json', 'The body is not UTF-8.');
  }
}
