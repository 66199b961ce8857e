-- wrk's side of `python -m benchmarks local`: one kind of request, or a mix of them, and the figures as JSON.
-- A connection for each request, as `ab` makes them, except for the kind "get_open".
--     wrk ... URL -- KIND MARK ID...    MARK makes emails unique, the IDs are users that exist
local counter = 0
local threads = 0
local PAGE = "/users?limit=25"
-- of twenty requests: 80 % get, 10 % list, 5 % create, 5 % update
local MIX = {
   "get", "get", "get", "get", "list", "get", "get", "get", "get", "create",
   "get", "get", "get", "get", "list", "get", "get", "get", "get", "update",
}

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   kind = args[1] or "get"
   mark = args[2] or "x"
   ids = {}
   for place = 3, #args do
      ids[#ids + 1] = args[place]
   end
   base = wrk.path:gsub("/$", "")
   local connection = kind == "get_open" and "keep-alive" or "close"
   bare = { ["Connection"] = connection }
   json = { ["Connection"] = connection, ["Content-Type"] = "application/json" }
end

local function one()
   return base .. "/users/" .. ids[counter % #ids + 1]
end

local make = {
   get = function() return wrk.format("GET", one(), bare) end,
   list = function() return wrk.format("GET", base .. PAGE, bare) end,
   update = function()
      return wrk.format("PUT", one(), json, string.format('{"name":"Ada Lovelace %d"}', counter))
   end,
   create = function()
      local body = '{"name":"Ada Lovelace","email":"%s-%d-%d@example.com","age":36}'
      return wrk.format("POST", base .. "/users", json, string.format(body, mark, number, counter))
   end,
}
make.get_open = make.get

function request()
   counter = counter + 1
   return make[kind == "mixed" and MIX[counter % #MIX + 1] or kind]()
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"not_2xx":%d,"failed":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
