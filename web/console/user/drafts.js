// Changes that are not saved yet, while the person looks at something else. A reload of the page ends them.
const drafts = new Map(); // user id -> { etag, base, mine }

/** Whether there are any. */
export const any = () => drafts.size > 0;

/** Keep a draft while it differs from what the API has. */
export function keep(id, { etag, base, mine }, differs) {
  if (differs) drafts.set(id, { etag, base, mine });
  else drafts.delete(id);
}

/** The draft of a user, if there is one. */
export const take = (id) => drafts.get(id);

/** There is none any more. */
export const forget = (id) => drafts.delete(id);
