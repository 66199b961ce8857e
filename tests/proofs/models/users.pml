/*
 * Users, their claims on email addresses, and the record of one idempotency key: what the repository does to them,
 * with clients that are cut off, answers that are lost, requests that are sent again, and transactions that commit
 * item by item while others look on.
 *
 * CLIENTS each make one request, chosen freely. Each may lose LOSSES requests or answers, and may end there.
 * All holds as it stands. The environment variable WITHOUT, a number below, takes away one condition or habit; then
 * something fails.
 *
 * Assumed: ids are random, so that of a user that is gone is not drawn again; a single update whose answer was lost has
 * been carried out, or never will be.
 */

#define NOTHING        0
#define ID             1   /* a new user is put whether or not its id is taken */
#define CLAIM          2   /* a claim is put whether or not the address is taken */
#define RECORD         3   /* the record is put whether or not the key was used */
#define EXISTENCE      4   /* a change does not ask that the user is there */
#define MATCH          5   /* a change does not ask for the version of If-Match */
#define MOVE_VERSION   6   /* a change of address does not ask for the version that was read */
#define DELETE_VERSION 7   /* a delete does not ask for the version that was read */
#define TOKEN          8   /* a transaction sent again is another transaction */
#define LAST_WRITE     9   /* a change sent again is another change */
#define LOOK          10   /* a change whose answer was lost is sent again without a look at the user */
#define DOUBT         11   /* a change that is refused after a lost answer is said not to have been made */
#define PATIENCE      12   /* a refusal is believed though another item of the transaction was only in the way */
#define CLAIM_WITHIN  13   /* the claim is put before the user, in a write of its own */
#define RELEASE_WITHIN 14  /* the claim is given up after the user, in a write of its own */
#define RECORD_WITHIN 15   /* the record is put after the user, in a write of its own */
#define RELEASE       16   /* the claim is not given up */
#define OWNER         17   /* a claim is given up whoever holds it: a second line, alone it changes nothing */
#define OWNER_AND_DELETE_VERSION 18

c_decl { \#include <stdlib.h> }
byte without;
#define has(what) (without != what)

#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#define IDS 2
#define EMAILS 2
#define NONE 0
#define ANY 255

#define MARK (me + 1)   /* what a client writes into lastWrite */
#define known (has(TOKEN) && committed[me])

mtype = { OK, FAILED, BUSY };                          /* what an item of a transaction says */
mtype = { DONE, REFUSED, CONFLICT, LOST };             /* what a call comes to */
mtype = { PUT, UPDATE, DELETE };

typedef User {
  byte version;      /* 0: there is none */
  byte email;
  byte last;
  bool held;         /* by a transaction that is being made */
};

User user[IDS + 1];
byte claim[EMAILS + 1];
bool claim_held[EMAILS + 1];
byte record;
bool record_held;
byte committed[CLIENTS];      /* whether the transaction of the client's token has been made */

/* what no client sees */
byte made[CLIENTS];           /* how often a request has taken effect */
byte key_user;                /* the user first created under the key */
byte wrote[IDS + 1];          /* how often a user was written */
bool gone[IDS + 1];           /* deleted */

#define settled (!user[1].held && !user[2].held && !claim_held[1] && !claim_held[2] && !record_held)

/* The claim that refused names the new user itself: an earlier attempt made it. (That its id is not another user's
   that has this very address is a matter of chance: ids are random.) */
#define claim_is_mine (result == REFUSED && mine && made[me])

/* With If-Match: made and overtaken it would be two versions on. Without: nobody has written since it began. */
#define surely_not_made (version && (match != ANY -> version < match + 2 : wrote[id] == began))

/* While a transaction is being made, readers may see some of its items before and some after. */
inline check() {
  if
  :: settled ->
     assert(!user[1].version || (user[1].email && claim[user[1].email] == 1));
     assert(!user[2].version || (user[2].email && claim[user[2].email] == 2));
#ifndef ONLY_OWNERS
     assert(!claim[1] || (user[claim[1]].version && user[claim[1]].email == 1));
     assert(!claim[2] || (user[claim[2]].version && user[claim[2]].email == 2))
#endif
  :: else
  fi
}

#ifdef ONLY_OWNERS
#define answer_is(condition) skip
#else
#define answer_is(condition) assert(condition)
#endif

inline effect() {
  made[me]++;
  wrote[id]++;
  answer_is(made[me] <= 1)
}

/* A client whose answer is lost may end there. */
inline perhaps_end() { if :: skip :: goto ended fi }

/* One transaction: `kind` on user `id` if its version is `guard`, a claim on `take`, an end to the claim on `leave`,
   and the record if `keyed`. Comes to DONE, or to REFUSED: then the reasons stand in r_*. */
inline transact() {
  committed[me] = false;
  do
  :: atomic {
       if
       :: losses < LOSSES -> losses++; result = LOST
       :: known -> result = DONE
       :: !known -> prepare()
       fi
     };
     if
     :: result == OK ->
        commit();
        atomic {
          committed[me] = true;
          if
          :: losses < LOSSES -> losses++; result = LOST
          :: result = DONE
          fi
        }
     :: else
     fi;
     if
     :: result == LOST -> perhaps_end()
     :: result == CONFLICT
     :: else -> break
     fi
  od
}

inline prepare() {
  r_user = OK; r_take = OK; r_leave = OK; r_record = OK;
  own = false; mine = false; version = user[id].version;
  if
  :: user[id].held -> r_user = BUSY
  :: else ->
     if
     :: kind == PUT && ((has(ID) && user[id].version) || gone[id]) -> r_user = FAILED
     :: (kind != PUT && (!user[id].version || (guard != ANY && user[id].version != guard)
                         || (match != ANY && user[id].version != match))) -> r_user = FAILED
     :: else
     fi
  fi;
  if
  :: !take
  :: take && claim_held[take] -> r_take = BUSY
  :: take && !claim_held[take] && claim[take] && has(CLAIM) ->
     r_take = FAILED;
     mine = (claim[take] == id);
     own = (kind == UPDATE && mine) || (with_key && claim[take] == key_user)
  :: else
  fi;
  if
  :: !leave
  :: leave && claim_held[leave] -> r_leave = BUSY
  :: (leave && !claim_held[leave] && claim[leave] && claim[leave] != id
      && has(OWNER) && has(OWNER_AND_DELETE_VERSION)) -> r_leave = FAILED
  :: else
  fi;
  if
  :: !keyed
  :: keyed && record_held -> r_record = BUSY
  :: keyed && !record_held && record && has(RECORD) -> r_record = FAILED; replayed = record
  :: else
  fi;
  if
  :: r_user == OK && r_take == OK && r_leave == OK && r_record == OK ->
     result = OK;
     w_user = true; w_take = take; w_leave = leave; w_record = keyed;
     user[id].held = true;
     claim_held[take] = (take != NONE); claim_held[leave] = (leave != NONE); record_held = record_held || keyed
  :: else ->
     if
     :: ((r_user == BUSY || r_take == BUSY || r_leave == BUSY || r_record == BUSY)
         && (has(PATIENCE) || (r_user != FAILED && r_take != FAILED && r_leave != FAILED && r_record != FAILED))) ->
        result = CONFLICT
     :: else -> result = REFUSED
     fi
  fi
}

/* Item by item, in any order, while others look on. */
inline commit() {
  do
  :: atomic { w_user -> w_user = false; user[id].held = false; write_user(); check() }
  :: atomic { w_take -> claim[w_take] = id; claim_held[w_take] = false; w_take = NONE; check() }
  :: atomic { w_leave -> claim[w_leave] = NONE; claim_held[w_leave] = false; w_leave = NONE; check() }
  :: atomic { w_record -> record = id; record_held = false; w_record = false; check() }
  :: else -> break
  od
}

inline write_user() {
  effect();
  if
  :: kind == PUT ->
     user[id].version = 1; user[id].email = email; user[id].last = MARK;
     if
     :: with_key -> answer_is(!key_user); key_user = id
     :: else
     fi
  :: kind == UPDATE ->
     answer_is(match == ANY || user[id].version == match);
     user[id].version++; user[id].email = email; user[id].last = MARK
  :: kind == DELETE ->
     answer_is(match == ANY || user[id].version == match);
     user[id].version = 0; user[id].email = NONE; user[id].last = NONE; gone[id] = true
  fi
}

inline read() {
  atomic { version = user[id].version; old = user[id].email; last = user[id].last }
}

inline clear() {
  guard = ANY; take = NONE; leave = NONE; old = NONE; version = 0; last = NONE
}

inline choose_email() { if :: email = 1 :: email = 2 fi }
inline choose_id() { if :: id = 1 :: id = 2 fi }
inline choose_match() { if :: match = ANY :: match = 1 :: match = 2 fi }

inline create() {
  kind = PUT; choose_email();
  if
  :: keyed = true; email = 1     /* the same key comes with the same body */
  :: keyed = false
  fi;
  with_key = keyed;
new_id:
  choose_id();
  take = email;
  atomic {
    if
    :: has(CLAIM_WITHIN)
    :: !has(CLAIM_WITHIN) && !claim[email] -> claim[email] = id; take = NONE; check()
    :: !has(CLAIM_WITHIN) && claim[email] -> goto ended
    fi
  };
  atomic {
    if
    :: has(RECORD_WITHIN)
    :: !has(RECORD_WITHIN) && keyed && record -> goto ended
    :: !has(RECORD_WITHIN) && !(keyed && record) -> keyed = false
    fi
  };
  transact();
  if
  :: result == DONE || (r_take == FAILED && claim_is_mine) ->
     answer_is(made[me] == 1);
     if
     :: with_key && !has(RECORD_WITHIN) -> record = id
     :: else
     fi
  :: else ->
     if
     :: keyed && r_record == FAILED -> answer_is(made[me] == 0 && (replayed == key_user || user[replayed].held))
     :: !(keyed && r_record == FAILED) && r_take == FAILED -> answer_is(made[me] == 0 && !own)
     :: else -> goto new_id
     fi
  fi
}

inline rename() {
  choose_id(); choose_match();
  began = wrote[id];
repeat:
  atomic {
    if
    :: losses < LOSSES -> losses++; result = LOST
    :: user[id].held -> result = CONFLICT
    :: !user[id].held ->
       if
       :: !user[id].version && has(EXISTENCE) -> result = REFUSED
       :: match != ANY && user[id].version != match && has(MATCH) -> result = REFUSED
       :: guard != ANY && user[id].version != guard -> result = REFUSED
       :: user[id].last == MARK && has(LAST_WRITE) -> result = REFUSED
       :: else ->
          effect();
          answer_is(match == ANY || user[id].version == match);
          user[id].version++; user[id].last = MARK;
          check();
          if
          :: losses < LOSSES -> losses++; result = LOST
          :: result = DONE
          fi
       fi
    fi;
    version = user[id].version; last = user[id].last   /* a refusal shows the item */
  };
  if
  :: result == DONE -> answer_is(made[me] == 1)
  :: result == CONFLICT -> goto repeat
  :: result == LOST ->
     lost = true;
     perhaps_end();
     if
     :: !has(LOOK) -> goto repeat
     :: has(LOOK) -> read(); goto judge
     fi
  :: result == REFUSED ->
judge:
     if
     :: version && last == MARK && has(LAST_WRITE) -> answer_is(made[me] == 1)
     :: !(version && last == MARK && has(LAST_WRITE)) && lost && !surely_not_made && has(DOUBT) ->
        skip   /* unavailable: nobody can tell */
     :: else ->
        if
        :: !version -> answer_is(made[me] == 0)
        :: version && match != ANY && version != match -> answer_is(made[me] == 0)
        :: else -> guard = version; goto repeat
        fi
     fi
  fi
}

inline release_apart() {
  if
  :: result == DONE && !has(RELEASE_WITHIN) -> atomic { claim[old] = NONE; check() }
  :: else
  fi
}

inline move() {
  kind = UPDATE; choose_id(); choose_email(); choose_match();
move_again:
  read();
  if
  :: !version -> answer_is(made[me] == 0)
  :: version && old == email -> skip           /* the claim stays: see rename */
  :: else ->
     guard = (has(MOVE_VERSION) -> version : ANY);
     take = email; leave = (has(RELEASE) && has(RELEASE_WITHIN) -> old : NONE);
     transact();
     release_apart();
     if
     :: result == DONE -> answer_is(made[me] == 1)
     :: result == REFUSED && r_user == FAILED -> refused_user(move_again)
     :: else -> answer_is(made[me] == 0 && !own)
     fi
  fi
}

inline delete() {
  kind = DELETE; choose_id(); choose_match();
delete_again:
  read();
  if
  :: !version -> answer_is(made[me] == 0)
  :: else ->
     guard = (has(DELETE_VERSION) && has(OWNER_AND_DELETE_VERSION) -> version : ANY);
     leave = (has(RELEASE) && has(RELEASE_WITHIN) -> old : NONE);
     transact();
     release_apart();
     if
     :: result == DONE -> answer_is(made[me] == 1)
     :: else -> refused_user(delete_again)
     fi
  fi
}

/* The item that refused says why: gone, not the version asked for, or only changed since it was read. */
inline refused_user(back) {
  if
  :: !version || (match != ANY && version != match) -> answer_is(made[me] == 0)
  :: else -> goto back
  fi
}

proctype Client(byte me) {
  mtype kind, result, r_user, r_take, r_leave, r_record;
  byte id, email, take, leave, old, version, last, replayed, began, losses;
  byte guard = ANY, match = ANY;
  byte w_take, w_leave;
  bool keyed, with_key, own, mine, lost, w_user, w_record;
  clear();
  if
  :: create()
  :: rename()
  :: move()
  :: delete()
  fi;
ended:
  skip
}

init {
  atomic {
    byte number;
    c_code { now.without = getenv("WITHOUT") ? atoi(getenv("WITHOUT")) : 0; };
    if
    :: skip
    :: user[1].version = 1; user[1].email = 1; claim[1] = 1
    :: user[1].version = 2; user[1].email = 1; claim[1] = 1;
       user[2].version = 1; user[2].email = 2; claim[2] = 2
    fi;
    for (number : 0 .. CLIENTS - 1) { run Client(number) }
  }
}
