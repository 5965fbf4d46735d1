import { blocks as availability } from './availability.ts';
import { blocks as chain } from './chain.ts';
import { blocks as orders } from './orders.ts';
import { blocks as restore } from './restore.ts';
import { blocks as scale } from './scale.ts';
import { blocks as soak } from './soak.ts';
import { blocks as stored } from './stored.ts';

/** What a measurement's result says, as Markdown by the name of a block. */
type Blocks = (result: never) => Record<string, string>;

/** By measurement, in the order in which all are made. */
export const RESULTS: Readonly<Record<string, Blocks>> = { orders, chain, stored, availability, scale, restore, soak };

/** Blocks whose measurement tells of more than one thing; all others are named as their measurement. */
const FURTHER: Readonly<Record<string, string>> = { cores: 'orders' };

/** Measurement by block. */
export const SOURCE_OF: Readonly<Record<string, string>> = { ...Object.fromEntries(Object.keys(RESULTS).map((name) => [name, name])), ...FURTHER };
