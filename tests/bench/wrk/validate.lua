-- Asks about the tokens of a file, one after another, again and again or each once; counts replies that
-- do not say that the token is active.
-- arguments: path, file (a token a line), authorization, tenant, "once" or "again"
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, ns; } moment; int clock_gettime(int clock, moment *now);")

local threads = {}

local function now_us()
  local now = ffi.new("moment")
  ffi.C.clock_gettime(1, now)
  return tonumber(now.s) * 1e6 + tonumber(now.ns) / 1e3
end

function setup(thread)
  thread:set("first", #threads)
  table.insert(threads, thread)
end

function init(args)
  count_failed, asked, begun_us, ended_us = 0, 0, 0, 0
  bodies = {}
  local all = 0
  for line in io.lines(args[2]) do
    -- each thread has its share
    if args[5] ~= "once" or all % 2 == first then table.insert(bodies, '{"token":"' .. line .. '"}') end
    all = all + 1
  end
  once = args[5] == "once"
  wrk.method = "POST"
  wrk.path = args[1]
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = args[3]
  wrk.headers["X-Tenant-ID"] = args[4]
end

function request()
  asked = asked + 1
  if asked == 1 then begun_us = now_us() end
  if once and asked > #bodies then
    wrk.thread:stop()
    return wrk.format(nil, nil, nil, bodies[#bodies])
  end
  return wrk.format(nil, nil, nil, bodies[(asked - 1) % #bodies + 1])
end

function response(status, headers, body)
  ended_us = now_us()
  if status ~= 200 or not body:find('"active":true', 1, true) then count_failed = count_failed + 1 end
end

function done(summary, latency)
  local sum, begun, ended = 0, math.huge, 0
  for _, thread in ipairs(threads) do
    sum = sum + (thread:get("count_failed") or 0)
    begun = math.min(begun, thread:get("begun_us"))
    ended = math.max(ended, thread:get("ended_us"))
  end
  local good = summary.requests - sum
  print(string.format("RESULT %.1f %d %.3f %.3f", good / ((ended - begun) / 1e6), sum,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
