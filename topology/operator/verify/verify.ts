import { FINAL, type OrderStatus } from '../../order-states.ts';
import { CHECKS } from './checks.ts';
import type { Evidence } from './evidence.ts';
import { gather } from './gather.ts';

/** So many violations of a check are written out; the count is always whole. */
const SHOWN = 20;

export interface Verification {
  ok: boolean;
  orders: number;
  /** Orders by last status. */
  statuses: Record<string, number>;
  /** Orders that have not ended. */
  live: number;
  deadLetters: number;
  /** Orders of which Kafka has let go of events for their age: checked by what Postgres has of them. */
  aged: number;
  checks: Record<string, { ok: boolean; claim: string; violations: number; shown: string[] }>;
}

export function verify(evidence: Evidence): Verification {
  const checks: Verification['checks'] = {};
  for (const { name, claim, violations } of CHECKS) {
    const shown: string[] = [];
    let count = 0;
    for (const violation of violations(evidence)) {
      count += 1;
      if (count <= SHOWN) shown.push(violation);
    }
    checks[name] = { ok: count === 0, claim, violations: count, shown };
  }
  const statuses: Record<string, number> = {};
  for (const { last } of evidence.orders.values()) statuses[last.status] = (statuses[last.status] ?? 0) + 1;
  const live = Object.entries(statuses).reduce((sum, [status, count]) => (FINAL.has(status as OrderStatus) ? sum : sum + count), 0);
  const deadLetters = [...evidence.deadLetters.values()].reduce((sum, letters) => sum + letters.length, 0);
  return { ok: Object.values(checks).every((check) => check.ok), orders: evidence.orders.size, statuses, live, deadLetters, aged: evidence.aged, checks };
}

/** Prints one JSON object; exit code 1 when an invariant is broken. `wait`: seconds that work under way is given to end. */
export async function printVerification({ wait }: { wait: number }): Promise<void> {
  const result = verify(await gather(wait * 1_000));
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.ok ? 0 : 1;
}
