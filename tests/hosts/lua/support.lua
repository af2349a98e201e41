-- What the tests in Lua share.

local support = {}

local checked, bad = 0, 0
function support.expect(holds, what)
    checked = checked + 1
    if holds then return end
    bad = bad + 1
    print("not so: " .. tostring(what))
end

function support.refused(wanted, value, why)
    support.expect(value == nil and why and why.error == wanted,
                   wanted .. ": " .. tostring(why or value))
end

function support.raises(pattern, call, ...)
    local good, what = pcall(call, ...)
    support.expect(not good and tostring(what):find(pattern, 1, true),
                   pattern .. ": " .. tostring(what))
    return what
end

function support.finish()
    print(("%d checks, %d failed"):format(checked, bad))
    os.exit((bad ~= 0 or checked == 0) and 1 or 0, true)
end

-- ---- Lines of words

function support.words_of(line)
    local words = {}
    for word in (line .. "\t"):gmatch("([^\t]*)\t") do words[#words + 1] = word end
    return words
end

function support.bytes_of(hex)
    return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

function support.hex_of(text)
    return (tostring(text):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

return support
