/**
 * What Node runs the ingress with. A look-up waits for whatever else its core does: of V8's helpers, four by default whatever the machine
 * has, one is enough to collect the garbage of a process with a single busy thread, and leaves that thread its turn.
 */
export const INGRESS_NODE_FLAGS: readonly string[] = ['--v8-pool-size=1'];
