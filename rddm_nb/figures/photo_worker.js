// Made from js/ by tools/build_js.py, not to be edited.
const $24=(n,f)=>Array.from({length:n},(_,i)=>f(i)),$25=(keys,f)=>Object.fromEntries(keys.map((key,i)=>[key,f(key,i)])),last=list=>list[list.length-1],sum=values=>values.reduce((total,value)=>total+value,0),$7=values=>{let total=0
return[0,...values.map(value=>total+=value)]},$6=(value,low,high)=>Math.min(Math.max(value,low),high),$12=(list,n)=>n>=list.length?list:$24(n,i=>list[Math.round(i*(list.length-1)/(n-1))]);
const $11=(predicted,x,xIn,[abar,bbar])=>{const x0=new Float64Array(x.length),res=new Float64Array(x.length),eps=bbar===0?null:new Float64Array(x.length)
for(let i=0;i<x.length;i++){x0[i]=$6(xIn[i]- predicted[i],-1,1)
res[i]=xIn[i]- x0[i]
if(eps)eps[i]=(x[i]- x0[i]- abar*res[i])/bbar}
return{x0,res,eps}};
const $16=point=>point.every(v=>v===0),$23=(x0,xIn,eps,abar,bbar)=>x0.map((v,i)=>v+abar*((xIn?xIn[i]:0)- v)+ bbar*eps[i]),$1={sum_constrained:([,bbarT],[,bbarS])=>bbarS*bbarS*(bbarT*bbarT-bbarS*bbarS)/(bbarT*bbarT),preserving:([abarT,bbarT],[abarS,bbarS])=>{const ratio=(1-abarT)/(1-abarS),kept=ratio===0?0:ratio*ratio*bbarS*bbarS/(bbarT*bbarT);
return bbarS*bbarS*(1-kept)},bridge:([abarT,bbarT],[abarS,bbarS])=>bbarS*bbarS-(abarS/abarT)**2*bbarT*bbarT},$21=(posterior,from,to,eta=1)=>{const bbarS=to[1]
if(eta===0||bbarS===0)return 0
const variance=$1[posterior](from,to)
return !Number.isFinite(variance)||variance<-1e-12*bbarS**2?NaN:eta*Math.max(variance,0)},$26=(x,estimate,[abarT,bbarT],to,variance=0,noise=null)=>{if($16(to))return estimate.x0.slice()
const[abarS,bbarS]=to,{res,eps}=estimate,fromEps=Math.sqrt(Math.max(bbarS*bbarS-variance,0))- bbarT,fromNoise=Math.sqrt(variance),out=x.slice()
for(let i=0;i<out.length;i++){out[i]+=(abarS-abarT)*res[i]+(eps?fromEps*eps[i]:0)+(noise?fromNoise*noise[i]:0)}
return out};
const P=(side,exponent,T,grid='count')=>{const x=$24(T,i=>grid==='linspace'&&T>1?i/(T-1):(i+1)/T),weights=(side==='x'?x:x.reverse()).map(v=>v**exponent),total=sum(weights)
return weights.map(w=>w/total)},$15=(alpha,beta2)=>{const abar=$7(alpha)
if(Math.abs(last(abar)- 1)<1e-6)abar[abar.length-1]=1
return{abar,bbar:$7(beta2).map(Math.sqrt)}},$14=(abar,bbar,T)=>{const x=$24(T+1,i=>i/T)
return{abar:x.map(abar),bbar:x.map(bbar)}},$13=products=>({abar:[0,...products.map(v=>1-Math.sqrt(v))],bbar:[0,...products.map(v=>Math.sqrt(1-v))]}),power=(T=1000,alpha=['1-x',1],beta2=['x',1],bbarT=1,grid='count')=>$15(P(...alpha,T,grid),P(...beta2,T,grid).map(v=>bbarT**2*v)),line=(T=1000,bbarT=1)=>$14(x=>x,x=>bbarT*x,T),circle=(T=1000)=>{const schedule=$14(x=>1-Math.cos(x*Math.PI/2),x=>Math.sin(x*Math.PI/2),T)
schedule.abar[T]=1
return schedule},bridge=(T=1000,height=.5)=>$14(x=>x,x=>2*height*Math.sqrt(x*(1-x)),T),$8=(T=1000,betaStart=1e-4,betaEnd=.02)=>{let product=1
const beta=i=>betaStart+(betaEnd-betaStart)*(T>1?i/(T-1):0)
return $13($24(T,i=>product*=1-beta(i)))},cosine=(T=1000)=>$13($24(T,i=>Math.cos((i+1)/T*Math.PI/2)**2)),$3=[['x','x, rising'],['1-x','1−x, falling']],$2={side_res:{initial:'1-x',label:'residual steps',options:$3},a_res:{initial:1,label:'residual exponent',limits:[0,5,.1]},side_eps:{initial:'x',label:'noise steps',options:$3},a_eps:{initial:1,label:'noise exponent',limits:[0,5,.1]},bbar_T:{initial:1,label:'noise at the start',limits:[0,2,.05]},height:{initial:.5,label:'height of the arch',limits:[.05,1,.05]}},$22=s=>[`P(${s.side_res}, ${+s.a_res.toFixed(2)}), P(${s.side_eps}, ${+s.a_eps.toFixed(2)}), β̄ = ${s.bbar_T}`],FAMILIES={power:{settings:['side_res','a_res','side_eps','a_eps','bbar_T'],make:s=>power(s.T,[s.side_res,s.a_res],[s.side_eps,s.a_eps],s.bbar_T),title:$22},line:{settings:['bbar_T'],make:s=>line(s.T,s.bbar_T),title:s=>['line, β̄ = {0}',s.bbar_T]},circle:{settings:[],make:s=>circle(s.T)},bridge:{settings:['height'],make:s=>bridge(s.T,s.height),title:s=>['bridge, {0}',s.height]},'ddim linear':{settings:[],make:s=>$8(s.T)},cosine:{settings:[],make:s=>cosine(s.T)}},$18=settings=>{const family=FAMILIES[settings.family]
if(!family)throw new Error(`no family '${settings.family}': there are ${Object.keys(FAMILIES).join(', ')}`)
return family.make({T:400,...settings})},$32=settings=>FAMILIES[settings.family]?.title?.(settings)??[settings.family],$31=schedule=>schedule.abar.map((abar,t)=>[abar,schedule.bbar[t]]),$30=(schedule,u)=>{const T=schedule.abar.length-1,t=Math.min(Math.floor(u*T),T-1),interpolate=values=>values[t]+(u*T-t)*(values[t+1]- values[t])
return[interpolate(schedule.abar),interpolate(schedule.bbar)]},$36=(T,steps)=>$24(steps+1,i=>Math.floor(T*(steps-i)/steps)),rho=schedule=>schedule.abar.map((abar,t)=>schedule.bbar[t]/(1-abar));
const $9=([x,y],[x2,y2])=>Math.hypot(x-x2,y-y2),$37=path=>$16(last(path))?path:[...path,[0,0]],$10=(corners,steps=50)=>{const ends=$37(corners),lengths=$7(ends.slice(1).map((end,i)=>$9(end,ends[i])))
let i=0
return $24(steps+1,step=>{if(step===steps)return[0,0]
const covered=last(lengths)*step/steps
while(i<ends.length-2&&lengths[i+1]<covered)i++
const share=lengths[i+1]>lengths[i]?(covered-lengths[i])/(lengths[i+1]- lengths[i]):0
return[0,1].map(axis=>ends[i][axis]+ share*(ends[i+1][axis]- ends[i][axis]))})},$0=['together','residual_first','noise_first'],$28=(schedule,steps,order='together')=>{const T=schedule.abar.length-1,points=$31(schedule)
if(order==='together')return $36(T,steps).map(t=>points[t])
const half=Math.floor(steps/2),first=$36(T,steps-half).slice(1).map(t=>points[t]),second=$36(T,half).slice(1,-1).map(t=>points[t]),[abarT,bbarT]=points[T],between=order==='residual_first'?[...first.map(([abar])=>[abar,bbarT]),...second.map(([,bbar])=>[0,bbar])]:[...first.map(([,bbar])=>[abarT,bbar]),...second.map(([abar])=>[abar,0])]
return[[abarT,bbarT],...between,[0,0]]},$5=(path,step,order)=>{const[abar,bbar]=path[step],left=path.length-1-step
if(order==='together'||left<2)return path.slice(step)
return $10([[abar,bbar],order==='residual_first'?[0,bbar]:[abar,0],[0,0]],left)},$34=(path,tolerance=.03)=>{if(path.length<3)return path
const[start,end]=[path[0],last(path)],[dx,dy]=[end[0]- start[0],end[1]- start[1]],length=Math.hypot(dx,dy)||1e-9,offsets=path.map(([x,y])=>Math.abs(dx*(start[1]- y)-(start[0]- x)*dy)/length),furthest=offsets.indexOf(Math.max(...offsets))
if(offsets[furthest]<=tolerance)return[start,end]
const[before,after]=[path.slice(0,furthest+1),path.slice(furthest)]
return[...$34(before,tolerance).slice(0,-1),...$34(after,tolerance)]};
const $38=x=>{const size=x.length/3,bytes=new Uint8ClampedArray(4*size).fill(255)
for(let i=0;i<size;i++){for(let channel=0;channel<3;channel++)bytes[4*i+channel]=(x[channel*size+i]+ 1)*127.5}
return bytes};
const $39=seed=>{let state=seed>>>0
return()=>{state=state+0x6D2B79F5>>>0
let bits=Math.imul(state ^ state>>>15,1|state)
bits=bits+Math.imul(bits ^ bits>>>7,61|bits)^ bits
return((bits ^ bits>>>14)>>>0)/4294967296}},$20=seed=>{const uniform=$39(seed),normal=()=>{const[u,v]=[uniform(),uniform()]
return Math.sqrt(-2*Math.log(1-u))*Math.cos(2*Math.PI*v)}
return n=>{const numbers=new Float64Array(n)
for(let i=0;i<n;i++)numbers[i]=normal()
return numbers}};
const $17=([abar,bbar])=>Math.log((1-abar)/bbar),$4={* euler(estimate){return estimate},* heun(estimate,{x,from,to}){if($16(to)||(from[1]===0)!==(to[1]===0))return estimate
const there=yield{x:$26(x,estimate,from,to),point:to},mean=part=>estimate[part]?.map((v,i)=>(v+there[part][i])/2)
return{x0:mean('x0'),res:mean('res'),eps:mean('eps')}},* multistep({x0,res,eps},{from,to},before){const h=$17(to)- $17(from),back=before?$17(from)- $17(before.point):NaN
if(!Number.isFinite(h)||!Number.isFinite(back))return{x0,res,eps}
const share=(h/-Math.expm1(-h)- 1)/back,moved=(values,scale)=>values.map((v,i)=>v+scale*share*(x0[i]- before.x0[i]))
return{x0:moved(x0,1),res:moved(res,-1),eps:moved(eps,(from[0]- 1)/from[1])}}},$35=(solver,path)=>{const stays=(to,i)=>Math.abs($17(to)- $17(path[i]))<1e-9,still=path.every(([,bbar])=>bbar===0)||path.slice(1).some(stays)
return solver==='multistep'&&still?'euler':solver};
const $29=function*(xT,path,options={}){const{eta=0,posterior='sum_constrained',randn=null,solver='euler'}=options,run=[{x:xT}]
for(let i=0;i+1<path.length;i++){const[{x},from,to]=[run[i],path[i],path[i+1]],guess=yield{x,point:from},variance=$21(posterior,from,to,eta)||0
run[i].x0=guess.x0
const estimate=yield*$4[solver](guess,{x,from,to},i&&{point:path[i-1],x0:run[i-1].x0})
run.push({x:$26(x,estimate,from,to,variance,variance>0?randn(x.length):null)})}
return run},$27=(model,xT,xIn,path,options)=>{const run=$29(xT,path,options)
let stop=run.next(),evaluations=0
for(;!stop.done;evaluations++)stop=run.next(model.predict(stop.value.x,xIn,...stop.value.point))
return Object.assign(stop.value,{evaluations})};
let ort=null,$33=null,$19=null;
const load=async({runtime,wasm,network})=>{ort=await import(runtime)
ort.env.wasm.numThreads=self.crossOriginIsolated?navigator.hardwareConcurrency:1
ort.env.wasm.wasmBinary=wasm
$33=await ort.InferenceSession.create(new Uint8Array(network),{executionProviders:['wasm']})
postMessage({kind:'ready'})},ask=async(x,xIn,[abar,bbar],width,height)=>{const image=values=>new ort.Tensor('float32',Float32Array.from(values),[1,3,height,width]),number=value=>new ort.Tensor('float32',[value],[1]),{res}=await $33.run({x_t:image(x),x_in:image(xIn),abar:number(abar),bbar:number(bbar)})
return res.data},start=(xIn,bbar,seed)=>{const x=$20(seed)(xIn.length)
for(let i=0;i<x.length;i++)x[i]=xIn[i]+ bbar*x[i]
return x},show=(id,step,x,x0)=>{const images=[$38(x),$38(x0)]
postMessage({kind:'state',id,step,images},images.map(image=>image.buffer))},restore=async({id,xIn,width,height,schedule,steps,order,eta,seed})=>{const path=$28($18(schedule),steps,order),run=$29(start(xIn,path[0][1],seed),path,{eta,randn:$20(seed+1000)})
let stop=run.next()
for(let step=0;!stop.done;step++){const{x,point}=stop.value,estimate=$11(await ask(x,xIn,point,width,height),x,xIn,point)
if($19!==id)return
show(id,step,x,estimate.x0)
stop=run.next(estimate)}
const{x}=stop.value.at(-1)
show(id,path.length-1,x,x)
postMessage({kind:'done',id})},WORK={load,restore}
onmessage=async({data})=>{if(data.kind==='restore')$19=data.id
try{await WORK[data.kind](data)}catch(error){postMessage({kind:'failed',id:data.id,message:String(error.message??error)})}};
