# Pooled triplet error against triplets a notion, a line a system. Variables: table, out.
set terminal svg size 720,420 font "sans-serif,13" background "#ffffff"
set output out
set logscale x
set xlabel "triplets a notion"
set ylabel "pooled triplet error, %"
set yrange [0:*]
set grid ytics lc rgb "#dddddd"
set key below
set format x "%.0f"
names = "fixed preinitialised none specialists"
titles = "'CSN, fixed masks' 'CSN, learned masks' 'standard triplet network' 'specialists'"
plot for [i = 1:4] '< grep "^'.word(names, i).'	" '.table.' | sort -n -k 2' using 2:3 \
  with linespoints lw 2 pt 7 ps 0.7 title word(titles, i)
