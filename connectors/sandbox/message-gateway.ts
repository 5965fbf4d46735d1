import { createHmac, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { SandboxStore } from './store.ts';

export type MessageChannel = 'email' | 'sms' | 'push';

export interface OutgoingMessage {
  orderId: string;
  channel: MessageChannel;
  to: string;
  template: string;
  locale: string;
  data: Readonly<Record<string, string>>;
}

/** A message as kept: no address, no content. */
export interface MessageRecord {
  key: string;
  orderId: string;
  channel: MessageChannel;
  template: string;
  /** Keyed hash; equal for equal addresses within one gateway. */
  recipientHash: string;
  messageId: string;
  status: 'accepted' | 'rejected';
  /** Why it was rejected. */
  code: string | null;
  at: number;
}

export type Sent = { kind: 'message'; message: MessageRecord } | { kind: 'body_differs' };

const TABLES = `
CREATE TABLE IF NOT EXISTS message (
  key TEXT PRIMARY KEY, order_id TEXT NOT NULL, channel TEXT NOT NULL, template TEXT NOT NULL, recipient_hash TEXT NOT NULL,
  fingerprint TEXT NOT NULL, message_id TEXT NOT NULL, status TEXT NOT NULL, code TEXT, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_by_order ON message (order_id);
CREATE TABLE IF NOT EXISTS message_secret (id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT;`;
const COLUMNS = `key, order_id AS orderId, channel, template, recipient_hash AS recipientHash, message_id AS messageId,
  status, code, at`;

/** Addresses the gateway takes for real but cannot deliver to. */
const UNDELIVERABLE = '@undeliverable.example';

/** A gateway for e-mail, text and push messages. Delivery ends here. Calls must run inside the store's transaction. */
export class MessageGateway {
  readonly #now: () => number;
  readonly #secret: KeyObject;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #byOrder: StatementSync;

  constructor(store: SandboxStore, now: () => number) {
    this.#now = now;
    store.declare(TABLES);
    store.prepare('INSERT OR IGNORE INTO message_secret VALUES (1, ?)').run(randomBytes(32));
    this.#secret = createSecretKey((store.prepare('SELECT secret FROM message_secret').get() as { secret: Uint8Array }).secret);
    this.#find = store.prepare(`SELECT fingerprint, ${COLUMNS} FROM message WHERE key = ?`);
    this.#insert = store.prepare('INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#byOrder = store.prepare(`SELECT ${COLUMNS} FROM message WHERE order_id = ? ORDER BY key`);
  }

  /** A repeat of the key sends nothing and answers the first outcome. */
  send(key: string, asked: OutgoingMessage): Sent {
    const recipientHash = this.#keyed(asked.to);
    const content = Object.entries(asked.data).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const fingerprint = this.#keyed(
      JSON.stringify([asked.orderId, asked.channel, recipientHash, asked.template, asked.locale, content]),
    );
    const known = this.#find.get(key) as (MessageRecord & { fingerprint: string }) | undefined;
    if (known) {
      const { fingerprint: first, ...message } = known;
      return first === fingerprint ? { kind: 'message', message } : { kind: 'body_differs' };
    }
    const code = rejectionOf(asked.channel, asked.to);
    const { orderId, channel, template } = asked;
    const messageId = `msg_${hash('sha256', key).slice(0, 24)}`;
    const status = code === null ? 'accepted' : 'rejected';
    const at = this.#now();
    this.#insert.run(key, orderId, channel, template, recipientHash, fingerprint, messageId, status, code, at);
    return {
      kind: 'message',
      message: { key, orderId, channel, template, recipientHash, messageId, status, code, at },
    };
  }

  messages(orderId: string): MessageRecord[] {
    return this.#byOrder.all(orderId) as unknown as MessageRecord[];
  }

  #keyed(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex').slice(0, 32);
  }
}

function rejectionOf(channel: MessageChannel, to: string): string | null {
  const valid = { email: /^[^@\s]+@[^@\s]+$/, sms: /^\+[1-9]\d{6,14}$/, push: /^\S+$/ }[channel].test(to);
  if (!valid) return 'invalid_recipient';
  return to.endsWith(UNDELIVERABLE) ? 'undeliverable' : null;
}
