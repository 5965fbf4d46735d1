import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Installation } from './installation.ts';

interface Verdict {
  ok: boolean;
  orders: number;
  statuses: Record<string, number>;
  live: number;
  deadLetters: number;
  aged: number;
  checks: Record<string, { ok: boolean; violations: number; shown: string[] }>;
}

/** `iaros verify`, repeated while work is still under way, until it says ok or `patienceMs` is over. */
export async function verdictOf(installation: Installation, patienceMs = 60_000): Promise<Verdict> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { stdout, stderr } = await installation.iaros('verify');
    if (!stdout.startsWith('{')) throw new Error(`verify said: ${stderr || stdout}`);
    const verdict = JSON.parse(stdout) as Verdict;
    if (verdict.ok || Date.now() > deadline) return verdict;
    await sleep(300);
  }
}

/** Fails with the violations themselves. */
export function expectOk(verdict: Verdict): void {
  const broken = Object.entries(verdict.checks).filter(([, check]) => !check.ok);
  const { orders, statuses, deadLetters } = verdict;
  expect(broken.map(([name, { violations, shown }]) => ({ name, violations, shown: shown.slice(0, 5) })), JSON.stringify({ orders, statuses, deadLetters })).toEqual([]);
  expect(verdict.ok).toBe(true);
}
