-- wrk's side of `python -m benchmarks local`: POST bodies with an email of their own, and the figures as JSON.
-- A connection for each request, as `ab` makes them.
local counter = 0
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function init(args)
   method = args[1] or "GET"
   mark = args[2] or "x"
end

function request()
   if method == "GET" then
      return wrk.format("GET", nil, { ["Connection"] = "close" })
   end
   counter = counter + 1
   local body = string.format('{"name":"Ada Lovelace","email":"%s-%d-%d@example.com","age":36}', mark, number, counter)
   return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["Connection"] = "close" }, body)
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"not_2xx":%d,"failed":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
