import { z } from 'zod';
import type { Exchange } from '../http/exchange.ts';
import { openExchange } from '../http/open-exchange.ts';
import { faultOf } from '../http/verdict.ts';

const KINDS = ['authorisation', 'capture', 'void', 'refund', 'decline', 'challenge'] as const;
const Entry = z.object({
  seq: z.int(),
  at: z.int(),
  key: z.string(),
  orderId: z.string(),
  kind: z.enum(KINDS),
  amount: z.int(),
  currency: z.string(),
});
const Page = z.object({ entries: z.array(Entry), nextAfter: z.int().nullable() });
const Summary = z.object({
  entries: z.int(),
  lastSeq: z.int(),
  totals: z.array(z.object({ kind: z.enum(KINDS), currency: z.string(), count: z.int(), amount: z.int() })),
});

/** One change of a payment: `amount` in minor units, `at` in ms, UTC, `seq` 1, 2, 3… in the order in which money moved. */
export type LedgerEntry = z.infer<typeof Entry>;
/** Totals by kind and currency. */
export type LedgerSummary = z.infer<typeof Summary>;

export interface Ledger {
  /** All entries after a sequence number, in order. */
  entries(after?: number): AsyncGenerator<LedgerEntry>;
  summary(): Promise<LedgerSummary>;
}

const PAGE = 5_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** The processor's books over any exchange. */
export function sandboxLedger(exchange: Exchange): Ledger {
  const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const answer = await exchange({ method: 'GET', path });
    const body = schema.safeParse(answer.body);
    if (answer.status !== 200 || !body.success) throw faultOf('sandbox payment ledger', answer);
    return body.data;
  };
  return {
    async *entries(after = 0) {
      for (let next: number | null = after; next !== null; ) {
        const page: z.infer<typeof Page> = await read(`/ledger?after=${next}&limit=${PAGE}`, Page);
        yield* page.entries;
        next = page.nextAfter;
      }
    },
    summary: () => read('/ledger/summary', Summary),
  };
}

/** Opens the books of the simulated payment processor at `url`, for reconciliation. */
export function openSandboxLedger(options: { url: string; timeoutMs: number }): Ledger & { close(): Promise<void> } {
  const { exchange, close } = openExchange({ ...options, connections: 1, maxAnswerBytes: MAX_PAGE_BYTES });
  return { ...sandboxLedger(exchange), close };
}
