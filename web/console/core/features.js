// What the running stack has, as `explore` and `count` in stack.js have found out.
export const features = {
  audit: false,
  pictures: false,
  live: false,
  bulk: false,
  administration: false,
  search: false,
  signIn: null, // { client, authorize, token }: the id of the client of pages, and two addresses
};
