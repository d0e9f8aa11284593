-- Calls of the Admin API that differ from each other; counts replies that are not 2xx.
-- arguments: what (create, get, search, list, map), realm, authorization, file with an id of a person a
-- line, id and name of a role, a word for this run
local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  what, base, word = args[1], "/admin/realms/" .. args[2] .. "/users", args[7]
  headers = { ["Content-Type"] = "application/json", ["Authorization"] = args[3] }
  roles = string.format('[{"id":"%s","name":"%s"}]', args[5], args[6])
  ids = {}
  for line in io.lines(args[4]) do ids[#ids + 1] = line end
  math.randomseed(number * 7919)
  count, count_failed = 0, 0
end

local calls = {
  create = function()
    local body = string.format('{"username":"%s-%d-%d","enabled":true,"email":"%s.%d.%d@example.pe",'
      .. '"firstName":"First","lastName":"Last%d","attributes":{"department":["d%d"]}}',
      word, number, count, word, number, count, count % 23, count % 40)
    return wrk.format("POST", base, headers, body)
  end,
  get = function() return wrk.format("GET", base .. "/" .. ids[math.random(#ids)], headers) end,
  search = function()
    return wrk.format("GET", string.format("%s?search=user%d&max=20", base, math.random(100, 999)), headers)
  end,
  list = function() return wrk.format("GET", base .. "?max=100", headers) end,
  -- Given and taken in turns; threads have people of their own.
  map = function()
    local turn = math.floor(count / 2)
    local id = ids[(turn * #threads_of_run + number) % #ids + 1]
    return wrk.format(count % 2 == 0 and "POST" or "DELETE", base .. "/" .. id .. "/role-mappings/realm", headers, roles)
  end,
}
threads_of_run = { 1, 2 }

function request()
  count = count + 1
  return calls[what]()
end

function response(status)
  if status < 200 or status > 299 then count_failed = count_failed + 1 end
end

function done(summary, latency)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get("count_failed") or 0) end
  print(string.format("RESULT %.1f %d %.3f %.3f", (summary.requests - sum) / (summary.duration / 1e6), sum,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
