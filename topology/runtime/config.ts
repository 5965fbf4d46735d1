import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import type { Settings } from '../../processors/settings.ts';
import { type Field, FIELDS, SETTINGS } from './config-fields.ts';

type Values<Fields> = { [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };
type Secret = 'masterKey' | 'pepper' | 'devKey';
type Plain = Values<typeof FIELDS>;

/** Everything a process is told from outside. Secrets are undefined where nobody gave them. */
export type Config = Omit<Plain, Secret> & { [Name in Secret]: Plain[Name] | undefined } & {
  settings: Settings;
  /** Names of the fields that the file or the environment gave; the rest are defaults. */
  given: ReadonlySet<string>;
};

const NESTED = 'settings.';
const ALL: readonly (readonly [name: string, field: Field<unknown>])[] = [
  ...Object.entries<Field<unknown>>(FIELDS),
  ...Object.entries<Field<unknown>>(SETTINGS).map(([name, declared]) => [NESTED + name, declared] as const),
];

/** For the README's table: path in the file, environment variable, default as its text, what it is for. */
export const CONFIG_FIELDS: readonly { name: string; env: string; default: string; doc: string }[] = ALL.map(
  ([name, { env, default: fallback, doc }]) => ({
    name,
    env,
    default: fallback === undefined ? '' : String(fallback),
    doc,
  }),
);

/** Everything wrong with the configuration, at once. Names fields and what they must be, never what they were. */
export class ConfigFault extends Error {
  override name = 'ConfigFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/**
 * Reads defaults, then the yaml file that IAROS_CONFIG names, then the environment; each overrides the one before. A
 * variable set to nothing counts as unset. Throws ConfigFault.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const faults: string[] = [];
  const file = readFile(env.IAROS_CONFIG, faults);
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const [name, declared] of ALL) {
    const text = env[declared.env] || undefined;
    if (text !== undefined || file.has(name)) given.add(name);
    const value = text !== undefined ? declared.fromText(text) : file.has(name) ? file.get(name) : declared.default;
    if (value === undefined) continue;
    const checked = declared.schema.safeParse(value);
    if (checked.success) values[name] = checked.data;
    else
      faults.push(
        `${text !== undefined ? declared.env : `${env.IAROS_CONFIG}: ${name}`} must be ${messageOf(checked.error)}`,
      );
  }
  const config = {
    ...pick(values, (name) => !name.startsWith(NESTED)),
    settings: pick(values, (name) => name.startsWith(NESTED)),
    given,
  } as unknown as Config;
  faults.push(...contradictions(config.settings));
  if (faults.length > 0) throw new ConfigFault(faults);
  return config;
}

/** The secrets of a process that seals, opens or hashes personal data. */
export function requireSecrets(config: Config): { masterKey: Buffer; pepper: string } {
  const { masterKey, pepper } = config;
  const missing = [masterKey ? [] : FIELDS.masterKey.env, pepper ? [] : FIELDS.pepper.env].flat();
  if (!masterKey || !pepper)
    throw new ConfigFault([`set ${missing.join(' and ')}: this process handles personal data`]);
  return { masterKey, pepper };
}

function contradictions({ fraudReviewThreshold, fraudThreshold }: Partial<Settings>): string[] {
  if (fraudReviewThreshold === undefined || fraudThreshold === undefined || fraudReviewThreshold <= fraudThreshold)
    return [];
  return [`${SETTINGS.fraudReviewThreshold.env} must be at most ${SETTINGS.fraudThreshold.env}`];
}

const messageOf = (error: z.ZodError): string => [...new Set(error.issues.map((issue) => issue.message))].join(', ');

function pick(values: Record<string, unknown>, wanted: (name: string) => boolean): Record<string, unknown> {
  const entries = Object.entries(values).filter(([name]) => wanted(name));
  return Object.fromEntries(entries.map(([name, value]) => [name.replace(NESTED, ''), value]));
}

/** The file's values by field name. Names that no field has are faults. */
function readFile(path: string | undefined, faults: string[]): Map<string, unknown> {
  if (!path) return new Map();
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    faults.push(`IAROS_CONFIG: ${path} cannot be read: ${(error as Error).message.split('\n')[0]}`);
    return new Map();
  }
  if (content !== null && !isMapping(content)) faults.push(`${path} must be a mapping of names to values`);
  const entries = flatten(isMapping(content) ? content : {});
  const names = new Set(ALL.map(([name]) => name));
  for (const [name] of entries) if (!names.has(name)) faults.push(`${path}: there is no field ${name}`);
  return new Map(entries);
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function flatten(content: Record<string, unknown>): [string, unknown][] {
  return Object.entries(content).flatMap(([name, value]): [string, unknown][] => {
    if (name !== 'settings' || !isMapping(value)) return [[name, value]];
    return Object.entries(value).map(([inner, of]) => [NESTED + inner, of]);
  });
}
