/**
 * What Node runs the ingress with. A look-up waits for whatever else its core does.
 *
 * - Of V8's helpers, four by default whatever the machine has, one is enough to collect the garbage of a process with a single busy thread, and
 *   leaves that thread its turn.
 * - Look-ups leave next to nothing behind but young garbage. Below its limit for old objects V8 takes that away in some ms every two seconds;
 *   the limit that it sets itself is reached within half a minute, and from then on it marks the whole heap each time, for twice as long.
 */
export const INGRESS_NODE_FLAGS: readonly string[] = ['--v8-pool-size=1', '--initial-old-space-size=256'];
