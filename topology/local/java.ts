import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalFault } from './fault.ts';

const OLDEST_JAVA = 17;
const INSTALL = 'install one (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)';

/**
 * The java command: JAVA_HOME's, else the one on the PATH.
 * @throws LocalFault when there is none or it is older than 17.
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const atHome = env['JAVA_HOME'] ? join(env['JAVA_HOME'], 'bin', 'java') : undefined;
  const java = atHome && existsSync(atHome) ? atHome : 'java';
  const major = await majorVersion(java, env);
  if (major === undefined) {
    throw new LocalFault(
      `Kafka and the schema registry need Java ${OLDEST_JAVA} or newer, and no java is on the PATH: ${INSTALL}.`,
    );
  }
  if (major < OLDEST_JAVA) {
    throw new LocalFault(
      `Kafka and the schema registry need Java ${OLDEST_JAVA} or newer, and ${java} is Java ${major}: ${INSTALL}.`,
    );
  }
  return java;
}

async function majorVersion(java: string, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  try {
    const { stderr } = await promisify(execFile)(java, ['-version'], { env });
    return parseJavaVersion(stderr);
  } catch {
    return undefined;
  }
}

/** The major version from what `java -version` prints: 17 of `version "17.0.15"`, 8 of `version "1.8.0_402"`. */
export function parseJavaVersion(printed: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(printed);
  return match ? Number(match[1]) : undefined;
}

const CAUSE = /^(?:Caused by: |Exception in thread "[^"]*" )/;

/** The innermost cause in what a Java program wrote to its end; without a stack trace, its last line. */
export function rootCause(report: string): string {
  const lines = report.trim().split('\n');
  const line = lines.findLast((each) => CAUSE.test(each)) ?? lines.at(-1) ?? '';
  return line.replace(CAUSE, '').trim();
}
