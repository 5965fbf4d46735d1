import { readFile } from 'node:fs/promises';
import { demoAirline } from '../../../connectors/demo-airline/index.ts';
import { checkContent } from '../../../processors/orders/validate.ts';
import { receive } from '../../../processors/orders/receive.ts';
import type { Context, Draft } from '../../../processors/processor.ts';
import { type Codec, type RecordName, type Records, Unencodable } from '../../../schemas/codec.ts';
import type { Order, OrderCommand } from '../../../schemas/types.ts';
import type { Config } from '../../runtime/config.ts';
import { isTooOld } from '../../runtime/command-window.ts';
import { passedOn } from '../../runtime/dead-letter.ts';
import { messageOf } from '../../runtime/errors.ts';
import { actorOf } from '../actor.ts';
import { attach } from '../attach.ts';
import { transact } from '../audit/audit-log.ts';
import { BadInput } from '../bad-input.ts';
import { idFieldOf, type Json, underItsOwnId, withValues } from './amend.ts';
import { destinationOf, originKept, recordNameOf } from './destination.ts';
import { type DeadLetter, letterNamed, parseId, readDeadLetters } from './letter.ts';
import { decodedOf } from './prospect.ts';
import { deedOn, type DeedOptions, requireOpen } from './replay.ts';

export interface EditOptions extends DeedOptions {
  set?: string[];
  /** JSON file with the whole record. */
  file?: string;
  dryRun?: boolean;
}

/**
 * Replays a letter with another content: checked against its schema, and a place command against the rules of orders. The edited record has
 * an id of its own and names the letter and its parent's id in headers. Throws BadInput, and nothing is done.
 */
export async function editDeadLetter(id: string, { as, reason = '', set = [], file, dryRun }: EditOptions): Promise<void> {
  const { node } = parseId(id);
  const actor = actorOf(as);
  if ((set.length > 0) === (file !== undefined)) throw new BadInput('give either --set path=value or --file with the whole record');
  const whole = file === undefined ? null : await jsonIn(file);
  const { config, kafka, codec } = await attach();
  let fresh = '';
  const prepare = async (done: Parameters<Parameters<typeof transact>[1]>[0]) => {
    const letter = letterNamed(await readDeadLetters(kafka, [node], done), id);
    requireOpen([letter]);
    const { name, before, after } = await amended(letter, codec, whole, set);
    fresh = String(after[idFieldOf(name)]);
    const value = encoded(codec, name, after);
    checkRules(name, after, config);
    const topic = destinationOf(letter);
    const parent = before ? String(before[idFieldOf(name)]) : 'none';
    const headers = { ...passedOn(letter.record), ...originKept(letter, topic), ce_id: fresh, 'x-edited-from': id, 'x-parent-id': parent };
    return {
      records: [{ topic, key: String(after.orderId), value, headers }],
      deeds: [deedOn(letter, 'edited', { actor, reason, destination: topic, after: value })],
    };
  };
  if (dryRun) await transact({ kafka, codec, environment: config.environment }, async (done) => (await prepare(done), { records: [], deeds: [] }));
  else await transact({ kafka, codec, environment: config.environment }, prepare);
  console.log(dryRun ? `${id} would be replayed as ${fresh}` : `${id} edited and replayed as ${fresh}`);
}

async function jsonIn(file: string): Promise<Json> {
  try {
    const parsed = JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
  } catch (error) {
    throw new BadInput(`${file} cannot be read as JSON: ${messageOf(error)}`);
  }
  throw new BadInput(`${file} holds no JSON object`);
}

async function amended(letter: DeadLetter, codec: Codec, whole: Json | null, set: readonly string[]): Promise<{ name: RecordName; before: Json | null; after: Json }> {
  const { decoded } = await decodedOf(letter.record.value, codec);
  const name = decoded?.name ?? recordNameOf(letter);
  if (!name) throw new BadInput(`${letter.id} does not say what kind of record it was: it can only be discarded`);
  if (!decoded && !whole) throw new BadInput(`${letter.id} cannot be decoded, so single values cannot be set: give the whole ${name} with --file`);
  const before = decoded ? (decoded.record as unknown as Json) : null;
  const after = whole ?? withValues(before as Json, set);
  return { name: name as RecordName, before, after: underItsOwnId(letter.id, name as RecordName, before, after) };
}

function encoded(codec: Codec, name: RecordName, record: Json): Buffer {
  try {
    return codec.encode(name, record as unknown as Records[typeof name]);
  } catch (error) {
    if (error instanceof Unencodable) throw new BadInput(messageOf(error));
    throw error;
  }
}

/** What the opener and the validation would say of a place command; sealed data are left to the pipeline, which can open them. */
function checkRules(name: RecordName, record: Json, { settings }: Config): void {
  if (name !== 'OrderCommand') return;
  const command = record as unknown as OrderCommand;
  if (!command[command.kind]) throw new BadInput(`a ${command.kind} command must carry \`${command.kind}\``);
  if (command.kind !== 'place') return;
  const now = Date.now();
  if (isTooOld(command, now)) throw new BadInput(`the command was issued at ${new Date(command.issuedAt).toISOString()}, too long ago to start an order: set issuedAt`);
  const order = orderOf(command);
  const faults = checkContent(order, { settings, catalogue: demoAirline({ currencies: settings.currencies }), now });
  if (faults.length > 0) throw new BadInput(`the order would be Invalid: ${faults.map(({ code, pointer }) => `${code} at ${pointer}`).join(', ')}`);
}

function orderOf(command: OrderCommand): Order {
  try {
    const [draft] = receive(command, { cancelled: false } as Context & { cancelled: boolean });
    return (draft as Draft).order;
  } catch (error) {
    throw new BadInput(messageOf(error));
  }
}
