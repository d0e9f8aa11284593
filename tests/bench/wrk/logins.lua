-- Password grants of many people in turn. arguments: path, authorization, password, first, count
-- (user names are user<N>)
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  path, authorization, password = args[1], args[2], args[3]
  first, many = tonumber(args[4]), tonumber(args[5])
  at = number * 7919
  count_failed = 0
  headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = authorization }
end

function request()
  at = at + 1
  local user = first + (at * 31) % many
  return wrk.format("POST", path, headers, "grant_type=password&scope=openid&username=user" .. user .. "&password=" .. password)
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
