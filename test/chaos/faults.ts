import type { Fault } from './fault.ts';
import { LEAK_FAULTS } from './faults/aborted-leak.ts';
import { BROKER_FAULTS } from './faults/broker.ts';
import { chainedAgain, takenApart } from './faults/chaining.ts';
import { CLOCK_FAULTS } from './faults/clock.ts';
import { crashMatrixApart, crashMatrixChained } from './faults/crash-matrix.ts';
import { DISK_FAULTS } from './faults/disk-full.ts';
import { kills } from './faults/kills.ts';
import { LOST_REPLY_FAULTS } from './faults/lost-replies.ts';
import { NETWORK_FAULTS } from './faults/network.ts';
import { PAYMENT_FAULTS } from './faults/payment-company.ts';
import { POISON_FAULTS } from './faults/poison.ts';
import { RACE_FAULTS } from './faults/races.ts';
import { REDIS_FAULTS } from './faults/redis.ts';
import { REGISTRY_FAULTS } from './faults/registry.ts';
import { scaling } from './faults/scaling.ts';
import { STORE_FAULTS } from './faults/stores.ts';
import { zombies } from './faults/zombies.ts';

/** Faults that break the same thing in different ways. A quick run injects one of them, another in every run. */
export interface Family {
  name: string;
  faults: readonly Fault[];
}

/** In the order in which they are injected: those of one layout stand together. */
export const FAMILIES: readonly Family[] = [
  { name: 'broker', faults: BROKER_FAULTS },
  { name: 'redis', faults: REDIS_FAULTS },
  { name: 'stores', faults: STORE_FAULTS },
  { name: 'registry', faults: REGISTRY_FAULTS },
  { name: 'network', faults: NETWORK_FAULTS },
  { name: 'lost replies', faults: LOST_REPLY_FAULTS },
  { name: 'disks', faults: DISK_FAULTS },
  { name: 'clock', faults: CLOCK_FAULTS },
  // Before the payment company fails: what it makes nodes put off waits in the topics of retries, ahead of the poison there.
  { name: 'poison', faults: POISON_FAULTS },
  { name: 'payment company', faults: PAYMENT_FAULTS },
  { name: 'races', faults: RACE_FAULTS },
  { name: 'aborted transactions', faults: LEAK_FAULTS },
  { name: 'crashes, chained', faults: [crashMatrixChained] },
  { name: 'taking apart', faults: [takenApart] },
  { name: 'crashes', faults: [crashMatrixApart] },
  { name: 'kills', faults: [kills] },
  { name: 'zombies', faults: [zombies] },
  { name: 'scaling', faults: [scaling] },
  { name: 'chaining', faults: [chainedAgain] },
];

export const FAULTS: readonly Fault[] = FAMILIES.flatMap(({ faults }) => faults);

export const familyOf = (fault: Fault): string | undefined => FAMILIES.find(({ faults }) => faults.includes(fault))?.name;
