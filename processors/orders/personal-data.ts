import type { KeyPort } from '../../connectors/ports/keys.ts';
import { Unreadable, unseal } from '../../schemas/seal.ts';
import type { Order } from '../../schemas/types.ts';

export interface Contact {
  email: string;
  /** Empty where none was given. */
  phone: string;
}

export interface Identity {
  givenName: string;
  familyName: string;
  /** YYYY-MM-DD as given; not yet checked. */
  dateOfBirth: string;
}

/**
 * The customer's contact in clear; null where it was tampered with, never sealed, or its key is forgotten. Faults of
 * the key store pass through.
 */
export async function readContact({ customer }: Order, keys: KeyPort): Promise<Contact | null> {
  const clear = await open(customer.contact, keys, `${customer.customerId}|contact`);
  return clear && { email: text(clear['email']), phone: text(clear['phone']) };
}

/**
 * Identities in clear, in the order of the passengers; null for one that cannot be opened. Faults of the key store pass
 * through.
 */
export function readIdentities(order: Order, keys: KeyPort): Promise<(Identity | null)[]> {
  const aad = `${order.customer.customerId}|identity`;
  return Promise.all(
    order.passengers.map(async ({ identity }) => {
      const clear = await open(identity, keys, aad);
      return (
        clear && {
          givenName: text(clear['givenName']),
          familyName: text(clear['familyName']),
          dateOfBirth: text(clear['dateOfBirth']),
        }
      );
    }),
  );
}

async function open(sealed: string, keys: KeyPort, aad: string): Promise<Record<string, unknown> | null> {
  try {
    return (await unseal(sealed, keys, aad)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
