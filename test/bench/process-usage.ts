import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

export interface Usage {
  /** CPU seconds since the process began, user and system, its children's too: Postgres is many processes. */
  cpuSeconds: number;
  residentMb: number;
}

/** What a process has used so far, of Linux's /proc; zeroes for one that is gone. */
export function usageOf(pid: number): Usage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const ofChildren = childrenOf(pid).reduce((sum, child) => sum + usageOf(child).cpuSeconds, 0);
    return { cpuSeconds: ticks / TICKS_PER_SECOND + ofChildren, residentMb: Math.round(Number(resident) / 1024) };
  } catch {
    return { cpuSeconds: 0, residentMb: 0 };
  }
}

function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

/** CPU of each process while `work` runs, as cores, and its memory at the end. */
export async function usageDuring<T>(pids: () => Record<string, number>, work: () => Promise<T>): Promise<{ result: T; seconds: number; usage: Record<string, { cores: number; residentMb: number }> }> {
  const before = Object.fromEntries(Object.values(pids()).map((pid) => [pid, usageOf(pid)]));
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const usage = Object.fromEntries(
    Object.entries(pids()).map(([name, pid]) => {
      const { cpuSeconds, residentMb } = usageOf(pid);
      return [name, { cores: round((cpuSeconds - (before[pid]?.cpuSeconds ?? 0)) / seconds), residentMb }];
    }),
  );
  return { result, seconds, usage };
}

export const round = (value: number): number => Math.round(value * 1000) / 1000;
