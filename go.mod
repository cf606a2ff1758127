module kofu

go 1.26.0
