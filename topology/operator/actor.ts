import { userInfo } from 'node:os';
import { BadInput } from './bad-input.ts';

const LONGEST = 100;

/** Who does it: the name given, else the user of the operating system. Throws BadInput. */
export function actorOf(given: string | undefined): string {
  if (given === undefined) return osUser();
  const name = given.trim();
  if (name === '' || name.length > LONGEST) throw new BadInput(`--as takes a name of 1 to ${LONGEST} characters`);
  return name;
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
