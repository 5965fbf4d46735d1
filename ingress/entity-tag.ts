/** The strong entity tag of an order's version. */
export const entityTag = (version: number): string => `"${version}"`;

/** If-None-Match: weak comparison, as RFC 9110 asks for. */
export function noneMatch(header: string | undefined, tag: string): boolean {
  return header === undefined || !tagsOf(header).some((each) => each === '*' || each.replace(/^W\//, '') === tag);
}

/** If-Match: strong comparison; a weak tag matches nothing. True where the header is absent. */
export function matches(header: string | undefined, tag: string): boolean {
  return header === undefined || tagsOf(header).some((each) => each === '*' || each === tag);
}

const tagsOf = (header: string): string[] => header.split(',').map((each) => each.trim());
