"""What must not happen, tried: kills, damage, a full disk, bad input, attack strings.

``make robustness`` tries sixty kills, a hundred damaged files, a full disk twenty times, three
hundred bad inputs and a hundred and fifty attack strings, and prints its counts; the tests try a
drawn part of each. Everything goes through the command line.
"""
