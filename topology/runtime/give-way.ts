import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Of the nice values, -20 to 19: a third of the processor time that a process of the order path gets where both want it. With a tenth of it, among
 * many such processes, a sink is silent for longer than its group waits.
 */
const NICENESS = 5;
/** Linux's priority of a session, where its scheduler shares processors out by session first: it then minds a thread's among its own only. */
const SESSION_PRIORITY = '/proc/self/autogroup';
/** Of the words of /proc/self/stat that follow the process's name: the session. */
const SESSION_AT = 3;

/** Lets the processes that orders wait for go first. For what nobody waits for: read models and analytics catch up a moment later. */
export function giveWay(): void {
  setPriority(NICENESS);
  try {
    if (leadsItsSession()) writeFileSync(SESSION_PRIORITY, String(NICENESS));
  } catch {
    // Another system, or a kernel that knows no such priority: that of the thread counts.
  }
}

/** In a session of others, such as a shell's, nobody asked for their priority to be changed. */
function leadsItsSession(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[SESSION_AT];
  return session === String(process.pid);
}
