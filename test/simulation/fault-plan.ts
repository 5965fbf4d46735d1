import type { ChaosRates } from './chaos.ts';
import type { Random } from './random.ts';

/** How bad a run is: chances of small faults, and how many of the large ones. */
export interface FaultPlan {
  rates: ChaosRates;
  /** ms from the start until faults end. */
  untilMs: number;
  kills: number;
  /** Pauses longer than a session: the process goes on later as if nothing had been. */
  zombies: number;
  rebalances: number;
  /** `flushed_meanwhile`: just when a transaction has begun. */
  redis: 'kept' | 'flushed' | 'flushed_meanwhile' | 'rewound';
  /** Times a company is away for a while. */
  outages: number;
}

/** From quiet to wild. Most runs have few kinds of fault, so that each has room to show what it does. */
export function randomFaultPlan(random: Random): FaultPlan {
  const sometimes = (probability: number, high: number): number => (random.chance(probability) ? random.next() * high : 0);
  const times = (probability: number, high: number): number => (random.chance(probability) ? random.int(1, high) : 0);
  return {
    rates: {
      loss: { kafka: sometimes(0.5, 0.04), redis: sometimes(0.3, 0.01), company: sometimes(0.4, 0.25) },
      crashAtCall: sometimes(0.4, 0.004),
      crashAtFailpoint: sometimes(0.5, 0.04),
      slow: sometimes(0.5, 0.03),
      heldCommit: sometimes(0.3, 0.1),
      lateTimer: sometimes(0.3, 0.3),
    },
    untilMs: random.between(12_000, 30_000),
    kills: times(0.4, 4),
    zombies: times(0.4, 3),
    rebalances: times(0.4, 4),
    redis: random.weighted({ kept: 8, flushed: 2, flushed_meanwhile: 2, rewound: 2 }),
    outages: times(0.3, 2),
  };
}
