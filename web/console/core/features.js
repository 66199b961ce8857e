// What the running stack has, as `explore` in stack.js has found out.
export const features = {
  audit: false,
  pictures: false,
  live: false,
  bulk: false,
  administration: false,
  erasure: false,
  verification: false,
  webhooks: false,
  search: false,
  signIn: null, // { client, authorize, token }: the id of the client of pages, and two addresses
};
