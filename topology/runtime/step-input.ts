import type { DecodedRecord } from '../../schemas/codec.ts';
import type { AnyOrderEvent, EventType, OrderCommand, TimerFired } from '../../schemas/types.ts';
import type { InterruptNode, ProcessorNode } from '../define.ts';
import { Unprocessable, Unreadable } from './errors.ts';

/** The command. Throws Unreadable where the record is none, or lacks what its kind needs. */
export function commandOf(input: DecodedRecord): OrderCommand {
  if (input.name !== 'OrderCommand') throw new Unreadable('wrong_record', `expected OrderCommand, found ${input.name}`);
  const command = input.record as OrderCommand;
  if (!command.commandId || !command.orderId) throw new Unreadable('incomplete_command', 'commandId and orderId must not be empty');
  if (!command[command.kind]) throw new Unreadable('incomplete_command', `a ${command.kind} command must carry \`${command.kind}\``);
  return command;
}

/** The event. Throws Unprocessable where the node takes no such event. */
export function eventOf(input: DecodedRecord, node: ProcessorNode): AnyOrderEvent {
  if (!node.on.includes(input.name as EventType)) throw new Unprocessable('wrong_record', `${node.name} does not take ${input.name}`);
  return input.record as AnyOrderEvent;
}

export interface InterruptRecord {
  orderId: string;
  causationId: string;
  input: OrderCommand | TimerFired;
}

/** Null for commands and timers that are another node's. */
export function interruptOf(input: DecodedRecord, node: InterruptNode): InterruptRecord | null {
  if (input.name === 'TimerFired') {
    const timer = input.record as TimerFired;
    return timer.kind === node.accepts ? { orderId: timer.orderId, causationId: timer.timerId, input: timer } : null;
  }
  const command = commandOf(input);
  return command.kind === node.accepts ? { orderId: command.orderId, causationId: command.commandId, input: command } : null;
}
