-- POSTs a form again and again; counts replies that are not 200.
-- arguments: path, body [, authorization]
local failed = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  failed = 0
  wrk.method = "POST"
  wrk.path = args[1]
  wrk.body = args[2]
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if args[3] then wrk.headers["Authorization"] = args[3] end
  count_failed = 0
end

function response(status)
  if status ~= 200 then count_failed = count_failed + 1 end
end

function done(summary, latency)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get("count_failed") or 0) end
  local good = summary.requests - sum
  print(string.format("RESULT %.1f %d %.3f %.3f", good / (summary.duration / 1e6), sum,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
