-- Rotating refresh tokens: every reply brings the token for a later request. arguments: path,
-- authorization, file with one refresh token a line
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  path = args[1]
  headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = args[2] }
  pool, head, tail = {}, 1, 0
  local n = 0
  for line in io.lines(args[3]) do
    n = n + 1
    if n % 2 == number % 2 then
      tail = tail + 1
      pool[tail] = line
    end
  end
  count_good, count_failed = 0, 0
end

function request()
  local token = pool[head]
  if token then
    pool[head] = nil
    head = head + 1
  else
    token = "none-left"
  end
  return wrk.format("POST", path, headers, "grant_type=refresh_token&refresh_token=" .. token)
end

function response(status, _, body)
  local token = status == 200 and string.match(body, '"refresh_token":"([^"]+)"')
  if token then
    tail = tail + 1
    pool[tail] = token
    count_good = count_good + 1
  else
    count_failed = count_failed + 1
  end
end

function done(summary, latency)
  local good, bad = 0, 0
  for _, thread in ipairs(threads) do
    good = good + (thread:get("count_good") or 0)
    bad = bad + (thread:get("count_failed") or 0)
  end
  print(string.format("RESULT %.1f %d %.3f %.3f", good / (summary.duration / 1e6), bad,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
