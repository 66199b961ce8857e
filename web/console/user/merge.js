// Two people have changed a user: what each of them wanted, field by field.
export const FIELDS = ["name", "email", "age"];

/** The values of a user as a form has them: texts, empty for none. */
export const values = (user) => Object.fromEntries(FIELDS.map((field) => [field, String(user[field] ?? "")]));

/**
 * Merge the changes from `base` to `mine` and from `base` to `theirs`: { merged, clashes, taken }.
 * A field that one side changed has that side's value. `taken` are the fields that have theirs now. `clashes` are the
 * fields that both changed differently; they have my value until somebody decides.
 */
export function merge(base, mine, theirs) {
  const merged = {};
  const [clashes, taken] = [[], []];
  for (const field of FIELDS) {
    const [wanted, changed] = [mine[field] !== base[field], theirs[field] !== base[field]];
    const clash = wanted && changed && mine[field] !== theirs[field];
    merged[field] = wanted ? mine[field] : theirs[field];
    if (clash) clashes.push(field);
    else if (changed && !wanted) taken.push(field);
  }
  return { merged, clashes, taken };
}

/** The changes to send: what differs from `base`. An empty age removes it. */
export function changes(base, mine) {
  const different = FIELDS.filter((field) => mine[field] !== base[field]);
  return Object.fromEntries(different.map((field) => [field, field === "age" ? age(mine.age) : mine[field]]));
}

/** A new user from the values of a form. */
export const whole = (mine) => ({ name: mine.name, email: mine.email, ...(mine.age === "" ? {} : { age: age(mine.age) }) });

// What is no number goes to the API as it is, which says what is wrong with it.
const age = (text) => (text === "" ? null : /^\d+$/.test(text) ? Number(text) : text);
