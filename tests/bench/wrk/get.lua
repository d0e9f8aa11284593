-- GETs one path; counts replies that are not 200. argument: path
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.path = args[1]
  count_failed = 0
end

function response(status)
  if status ~= 200 then count_failed = count_failed + 1 end
end

function done(summary, latency)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get("count_failed") or 0) end
  print(string.format("RESULT %.1f %d %.3f %.3f", (summary.requests - sum) / (summary.duration / 1e6), sum,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
