import type { Coverage } from '../coverage.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { brokerError } from './errors.ts';

export interface TopicPartition {
  topic: string;
  partition: number;
}

export interface Member {
  id: string;
  process: SimulatedProcess | null;
  topics: readonly string[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  heartbeatMs: number;
  /** A heartbeat was answered with the news that the group shares its partitions out anew, or has gone on without this member. */
  onRebalance: () => void;
  /** Null where the group has gone on before the member could take its share. */
  onAssigned: (generation: number, partitions: TopicPartition[] | null) => void;
}

interface Group {
  generation: number;
  members: Map<string, Member>;
  /** Members that have joined the coming generation; null while none is coming. */
  joined: Set<string> | null;
  /** Counts rebalances, so that a deadline knows its own. */
  round: number;
  committed: Map<string, CommittedOffset>;
  /** Offsets of open transactions, by producer. */
  pending: Map<number, Map<string, CommittedOffset>>;
}

interface CommittedOffset {
  offset: number;
  /** When it was written: of two the later one counts, whenever its transaction ends. */
  sequence: number;
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** The group coordinator: members, generations, assignment, committed offsets. */
export class ConsumerGroups {
  readonly #groups = new Map<string, Group>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #partitionsOf: (topic: string) => number;
  /** What lets go of the commits that are held up, by group. */
  readonly #held = new Map<string, Set<() => void>>();
  #sequence = 0;

  constructor(options: { scheduler: Scheduler; random: Random; coverage: Coverage; partitionsOf: (topic: string) => number }) {
    this.#scheduler = options.scheduler;
    this.#random = options.random;
    this.#coverage = options.coverage;
    this.#partitionsOf = options.partitionsOf;
  }

  get names(): string[] {
    return [...this.#groups.keys()];
  }

  committed(group: string, partition: TopicPartition): number | null {
    return this.#group(group).committed.get(nameOf(partition))?.offset ?? null;
  }

  /** Resolves after so long, or as soon as somebody was told where the group stands: just when it stands there no longer. */
  heldUp(groupId: string, ms: number): Promise<void> {
    const held = this.#held.get(groupId) ?? new Set();
    this.#held.set(groupId, held);
    return new Promise((resolve) => {
      held.add(resolve);
      this.#scheduler.after(ms, null, `a commit for ${groupId} was held up`, resolve);
    });
  }

  /** Somebody was told where the group stands. */
  told(groupId: string): void {
    for (const letGo of this.#held.get(groupId) ?? []) letGo();
    this.#held.delete(groupId);
  }

  /** A new member, or one that comes again for the next generation. */
  join(groupId: string, member: Member): void {
    const group = this.#group(groupId);
    group.members.set(member.id, member);
    // The request of a process that is gone by now: nobody will send heartbeats.
    if (member.process?.dead || member.process?.paused) this.#watch(groupId, group, member);
    if (!group.joined) this.#rebalance(groupId, group);
    group.joined?.add(member.id);
    this.#completeIfAllJoined(groupId, group);
  }

  leave(groupId: string, memberId: string): void {
    const group = this.#group(groupId);
    if (group.members.delete(memberId)) this.#rebalance(groupId, group);
  }

  /** Sets a rebalance off for no reason, as groups now and then do. */
  disturb(groupId: string): void {
    const group = this.#group(groupId);
    if (!group.joined && group.members.size > 0) this.#rebalance(groupId, group);
  }

  /** Members of a process that has gone silent lose their place after their session timeout, unless it is back by then. */
  silent(process: SimulatedProcess): void {
    for (const [groupId, group] of this.#groups) {
      for (const member of group.members.values()) {
        if (member.process === process) this.#watch(groupId, group, member);
      }
    }
  }

  /** Offsets outside of transactions: for members of the present generation only. */
  commit(groupId: string, memberId: string, generation: number, offsets: readonly (TopicPartition & { offset: number })[]): void {
    const group = this.#group(groupId);
    if (!group.members.has(memberId)) throw brokerError('UNKNOWN_MEMBER_ID');
    if (group.generation !== generation) throw brokerError('ILLEGAL_GENERATION');
    for (const each of offsets) group.committed.set(nameOf(each), this.#written(each.offset));
  }

  /** Offsets inside a transaction: no look at members at all, as with the oldest version of the request. */
  commitInTransaction(groupId: string, producerId: number, offsets: readonly (TopicPartition & { offset: number })[]): void {
    const { pending } = this.#group(groupId);
    const mine = pending.get(producerId) ?? new Map<string, CommittedOffset>();
    pending.set(producerId, mine);
    for (const each of offsets) mine.set(nameOf(each), this.#written(each.offset));
  }

  endTransaction(groupId: string, producerId: number, committed: boolean): void {
    const group = this.#group(groupId);
    for (const [partition, written] of (committed && group.pending.get(producerId)) || []) {
      const known = group.committed.get(partition);
      if (!known || known.sequence < written.sequence) group.committed.set(partition, written);
    }
    group.pending.delete(producerId);
  }

  #written(offset: number): CommittedOffset {
    this.#sequence += 1;
    return { offset, sequence: this.#sequence };
  }

  #group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (!group) {
      group = { generation: 0, members: new Map(), joined: null, round: 0, committed: new Map(), pending: new Map() };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  #watch(groupId: string, group: Group, member: Member): void {
    this.#scheduler.after(member.sessionTimeoutMs, null, `${member.id} is silent`, () => this.#expire(groupId, group, member));
  }

  #expire(groupId: string, group: Group, member: Member): void {
    const { process } = member;
    if (!process || (!process.dead && !process.paused) || group.members.get(member.id) !== member) return;
    this.#coverage.saw('session expired');
    group.members.delete(member.id);
    this.#rebalance(groupId, group);
    // Should it live on, it hears of it with its next heartbeat.
    this.#tell(group, member);
  }

  #rebalance(groupId: string, group: Group): void {
    if (group.members.size === 0) {
      group.joined = null;
      return;
    }
    this.#coverage.saw('rebalance');
    if (group.joined) return this.#completeIfAllJoined(groupId, group);
    group.joined = new Set();
    group.round += 1;
    const { round } = group;
    for (const member of group.members.values()) this.#tell(group, member);
    const longest = Math.max(...[...group.members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
    this.#scheduler.after(longest, null, `${groupId} waits no longer for its members`, () => {
      if (!group.joined || group.round !== round) return;
      for (const id of [...group.members.keys()]) {
        if (group.joined.has(id)) continue;
        this.#coverage.saw('member left out of a rebalance');
        this.#tell(group, group.members.get(id) as Member);
        group.members.delete(id);
      }
      this.#completeIfAllJoined(groupId, group);
    });
  }

  /** With one of its next heartbeats, and again with each until it has joined. */
  #tell(group: Group, member: Member): void {
    this.#scheduler.after(this.#random.between(0, member.heartbeatMs), member.process, `${member.id} hears of a rebalance`, () => {
      const isMember = group.members.get(member.id) === member;
      if (isMember && (!group.joined || group.joined.has(member.id))) return;
      member.onRebalance();
      if (isMember) this.#tell(group, member);
    });
  }

  #completeIfAllJoined(groupId: string, group: Group): void {
    const { joined, members } = group;
    if (!joined || ![...members.keys()].every((id) => joined.has(id))) return;
    group.joined = null;
    group.generation += 1;
    const { generation } = group;
    const order = this.#random.shuffle([...members.values()]);
    const shares = new Map<string, TopicPartition[]>(order.map(({ id }) => [id, []]));
    const topics = new Set(order.flatMap((member) => member.topics));
    const all = [...topics].flatMap((topic) => Array.from({ length: this.#partitionsOf(topic) }, (_, partition) => ({ topic, partition })));
    for (const [at, partition] of all.entries()) shares.get((order[at % order.length] as Member).id)?.push(partition);
    for (const member of order) {
      this.#scheduler.after(this.#random.between(0.2, 20), member.process, `${member.id} joins generation ${generation} of ${groupId}`, () => {
        const isCurrent = group.generation === generation && group.members.get(member.id) === member;
        member.onAssigned(generation, isCurrent ? (shares.get(member.id) ?? []) : null);
      });
    }
  }
}
