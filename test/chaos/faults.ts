import type { Fault } from './fault.ts';
import { LEAK_FAULTS } from './faults/aborted-leak.ts';
import { BROKER_FAULTS } from './faults/broker.ts';
import { chaining } from './faults/chaining.ts';
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

/** Every fault of the suite, in the order in which they are injected: those of one layout stand together. */
export const FAULTS: readonly Fault[] = [
  ...BROKER_FAULTS, ...REDIS_FAULTS, ...STORE_FAULTS, ...REGISTRY_FAULTS, ...NETWORK_FAULTS, ...LOST_REPLY_FAULTS, ...DISK_FAULTS, ...CLOCK_FAULTS, ...PAYMENT_FAULTS,
  ...POISON_FAULTS, ...RACE_FAULTS, ...LEAK_FAULTS,
  crashMatrixChained, chaining, crashMatrixApart, kills, zombies, scaling,
];
