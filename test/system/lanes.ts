/** System tests wait more than they work: so many of their files run side by side, each beside servers of its own. */
export const LANES = 2;
